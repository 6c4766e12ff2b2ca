import { resolve } from 'node:path';
import { PROVIDER_KEYS, VARIABLES, checkEnvironment } from './environment.js';
import type { Environment } from './environment.js';
import { networkTexts } from './network.js';

/** How the gateway is set up: read once from the environment, checked, and never changed. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Undefined: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** How long to wait at start for a Postgres that is not there yet, in milliseconds. */
  readonly databaseWaitMs: number;
  /** Undefined: several gateways tell each other of changes by Postgres alone. */
  readonly redisUrl: string | undefined;
  /** Undefined: generated at first boot and kept in `dataDir`. */
  readonly masterKey: string | undefined;
  /** 32 bytes. Undefined: generated at first boot and kept in `dataDir`. */
  readonly secretKey: Buffer | undefined;
  /** The one before, while it is changed. Undefined: the data directory may hold one. */
  readonly previousSecretKey: Buffer | undefined;
  readonly logLevel: string;
  /** Where Prometheus asks; undefined: nowhere. */
  readonly metricsPort: number | undefined;
  /** Did the operator choose that port, so that nothing else will do? */
  readonly isMetricsPortGiven: boolean;
  /** Where traces go; undefined: there are none. */
  readonly traces: TraceSettings | undefined;
  /** The largest body of a request, in bytes. */
  readonly bodyLimit: number;
  /** The largest multipart body, in bytes. */
  readonly uploadLimit: number;
  /** The model of an image call that names none; undefined: such a call is refused. */
  readonly defaultImageModel: string | undefined;
  /** Keys of providers that need nothing else, by provider type. */
  readonly providerKeys: Readonly<Record<string, string>>;
  /** Where the provider of `OPENAI_API_KEY` lives; undefined: at OpenAI. */
  readonly openaiBaseUrl: string | undefined;
  /** Origins of the pages that may call; `*`: any. */
  readonly corsOrigins: readonly string[];
  /** Networks of proxies whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[];
  /** May providers not live at private and loopback addresses? */
  readonly denyPrivateUpstreams: boolean;
  /** How long calls are still taken after SIGTERM, so that balancers see `/ready` first, in milliseconds. */
  readonly drainDelayMs: number;
  /** How long streams in flight may go on after that, in milliseconds. */
  readonly drainMs: number;
  /** How long usage records are kept, in milliseconds; undefined: for ever. */
  readonly usageRetentionMs: number | undefined;
  /** How long a request may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How long a stream's head waits for its first content, in milliseconds. */
  readonly streamHoldMs: number;
  /** How many calls may be in flight in a process; fewer while the process has too much to do. */
  readonly mostInFlight: number;
  /** How many processes share the port. */
  readonly workers: number;
  /** The variables that were set. */
  readonly given: readonly string[];
  /** Where providers and models are declared; `isNamed`: by an operator, who wants it to be there. */
  readonly configFile: { readonly path: string; readonly isNamed: boolean };
  /** What `${NAME}` stands for in that file. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface TraceSettings {
  /** The base URL of an OpenTelemetry collector. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Where OpenTelemetry's exporters for Prometheus listen. */
const METRICS_PORT = 9464;

/** The environment's configuration. The only place that reads `process.env`. @throws InvalidEnvironment naming the first variable that is wrong, never its value */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const read = checkEnvironment(env);
  const config = {
    host: read.HOST ?? '0.0.0.0',
    port: read.PORT ?? 8080,
    dataDir: resolve(read.PLLM_DATA_DIR ?? './data'),
    databaseUrl: read.DATABASE_URL,
    databaseWaitMs: (read.PLLM_DATABASE_WAIT_SECONDS ?? 60) * 1000,
    redisUrl: read.REDIS_URL,
    masterKey: read.PLLM_MASTER_KEY,
    secretKey: decodeSecretKey(read.PLLM_SECRET_KEY),
    previousSecretKey: decodeSecretKey(read.PLLM_SECRET_KEY_PREVIOUS),
    logLevel: read.PLLM_LOG_LEVEL ?? 'info',
    metricsPort: readMetricsPort(read.PLLM_METRICS_PORT),
    isMetricsPortGiven: read.PLLM_METRICS_PORT !== undefined,
    traces: readTraceSettings(read),
    bodyLimit: (read.PLLM_BODY_LIMIT_MB ?? 32) * 1024 * 1024,
    uploadLimit: (read.PLLM_UPLOAD_LIMIT_MB ?? 100) * 1024 * 1024,
    defaultImageModel: read.PLLM_DEFAULT_IMAGE_MODEL,
    providerKeys: readProviderKeys(read),
    openaiBaseUrl: read.OPENAI_BASE_URL?.replace(/\/+$/, ''),
    corsOrigins: (read.PLLM_CORS_ORIGINS ?? '*').split(',').map((origin) => origin.trim()),
    trustedProxies: read.PLLM_TRUSTED_PROXIES === undefined ? [] : networkTexts(read.PLLM_TRUSTED_PROXIES),
    denyPrivateUpstreams: read.PLLM_PRIVATE_UPSTREAMS === 'deny',
    drainDelayMs: (read.PLLM_DRAIN_DELAY_SECONDS ?? defaultDrainDelay(read)) * 1000,
    drainMs: (read.PLLM_DRAIN_SECONDS ?? 30) * 1000,
    usageRetentionMs:
      read.PLLM_USAGE_RETENTION_DAYS === undefined ? undefined : read.PLLM_USAGE_RETENTION_DAYS * DAY_MS,
    requestTimeoutMs: (read.PLLM_REQUEST_TIMEOUT_SECONDS ?? 600) * 1000,
    streamHoldMs: (read.PLLM_STREAM_HOLD_SECONDS ?? 15) * 1000,
    mostInFlight: read.PLLM_MAX_IN_FLIGHT ?? 10_000,
    workers: read.PLLM_WORKERS ?? 1,
    given: VARIABLES.filter((name) => read[name] !== undefined),
    configFile: {
      path: resolve(read.PLLM_CONFIG ?? './pllm.yaml'),
      isNamed: read.PLLM_CONFIG !== undefined,
    },
    variables: {},
  };
  // Whoever prints a configuration does not print the environment with it.
  Object.defineProperty(config, 'variables', { value: readVariables(env), enumerable: false });
  return Object.freeze(config);
}

function readVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(given);
}

function decodeSecretKey(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

/** With a Postgres there may be other gateways, and a balancer before them: it asks `/ready` every few seconds. */
function defaultDrainDelay(read: Environment): number {
  return read.DATABASE_URL === undefined ? 0 : 5;
}

function readMetricsPort(given: string | undefined): number | undefined {
  if (given === 'off' || Number(given) === 0) return undefined;
  return given === undefined ? METRICS_PORT : Number(given);
}

function readTraceSettings(read: Environment): TraceSettings | undefined {
  const endpoint = read.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const pairs = read.OTEL_EXPORTER_OTLP_HEADERS?.split(',') ?? [];
  const headers = pairs.map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), decode(pair.slice(at + 1))];
  });
  return {
    endpoint,
    headers: Object.fromEntries(headers) as Record<string, string>,
    serviceName: read.OTEL_SERVICE_NAME ?? 'pllm',
  };
}

/** A value that somebody did not encode is meant as it stands. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readProviderKeys(read: Environment): Record<string, string> {
  const types = Object.entries(PROVIDER_KEYS) as [keyof typeof PROVIDER_KEYS, string][];
  return Object.fromEntries(
    types.flatMap(([name, type]) => (read[name] === undefined ? [] : [[type, read[name]]])),
  );
}
