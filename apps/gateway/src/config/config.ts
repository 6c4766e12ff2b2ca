import { resolve } from 'node:path';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  validateSync,
} from 'class-validator';
import { readSecretFiles } from './secret-files.js';
import { isExampleKey, weaknessOfKey, weaknessOfSecretKey } from './weak-secrets.js';

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

export class InvalidEnvironment extends Error {}

const DAY_MS = 24 * 60 * 60 * 1000;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Variables that each are a provider, by its type. */
const PROVIDER_KEYS = {
  OPENAI_API_KEY: 'openai',
  MISTRAL_API_KEY: 'mistral',
  GROQ_API_KEY: 'groq',
  TOGETHER_API_KEY: 'together',
  OPENROUTER_API_KEY: 'openrouter',
  DEEPSEEK_API_KEY: 'deepseek',
  XAI_API_KEY: 'xai',
  FIREWORKS_API_KEY: 'fireworks',
} as const;

/** What an HTTP header can hold. */
const IsKey = (): PropertyDecorator =>
  Matches(/^[\x21-\x7e]{1,8192}$/, { message: 'must be visible ASCII, without spaces' });

const BASE_URL = /^https?:\/\/[^\s?#@/]+(\/[^\s?#@]*)?$/;
const BASE_URL_RULE = 'must be an http or https URL without credentials, query or fragment';

/** 0 to 65,535. */
const PORT = /^(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/;

const IsPortOrOff = (): PropertyDecorator =>
  Matches(new RegExp(`${PORT.source}|^off$`), { message: 'must be a port, or off' });

/** Where OpenTelemetry's exporters for Prometheus listen. */
const METRICS_PORT = 9464;

class Environment {
  @IsOptional() @IsString() @MinLength(1) HOST?: string;
  @IsOptional() @IsInt() @Min(0) @Max(65_535) PORT?: number;
  @IsOptional() @IsString() @MinLength(1) PLLM_DATA_DIR?: string;
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\//, { message: 'must be a postgresql:// URL' })
  DATABASE_URL?: string;
  @IsOptional()
  @Matches(/^rediss?:\/\//, { message: 'must be a redis:// or rediss:// URL' })
  REDIS_URL?: string;
  @IsOptional() @IsString() PLLM_MASTER_KEY?: string;
  @IsOptional() @IsString() PLLM_SECRET_KEY?: string;
  @IsOptional() @IsIn(LOG_LEVELS) PLLM_LOG_LEVEL?: string;
  @IsOptional() @IsPortOrOff() PLLM_METRICS_PORT?: string;
  @IsOptional() @Matches(BASE_URL, { message: BASE_URL_RULE }) OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  @IsOptional()
  @Matches(/^[\w.-]+=[\x21-\x2b\x2d-\x7e]*(?:,[\w.-]+=[\x21-\x2b\x2d-\x7e]*)*$/, {
    message: 'must be name=value, separated by commas, values percent-encoded',
  })
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  @IsOptional() @IsString() OTEL_SERVICE_NAME?: string;
  @IsOptional() @IsString() PLLM_DEFAULT_IMAGE_MODEL?: string;
  @IsOptional() @IsString() PLLM_CONFIG?: string;
  @IsOptional()
  @Matches(/^(?:\*|https?:\/\/[^\s,/]+(?:\s*,\s*https?:\/\/[^\s,/]+)*)$/, {
    message: 'must be * or origins such as https://app.example, separated by commas',
  })
  PLLM_CORS_ORIGINS?: string;
  @IsOptional() @IsIn(['allow', 'deny']) PLLM_PRIVATE_UPSTREAMS?: string;
  @IsOptional() @IsKey() OPENAI_API_KEY?: string;
  @IsOptional() @IsKey() MISTRAL_API_KEY?: string;
  @IsOptional() @IsKey() GROQ_API_KEY?: string;
  @IsOptional() @IsKey() TOGETHER_API_KEY?: string;
  @IsOptional() @IsKey() OPENROUTER_API_KEY?: string;
  @IsOptional() @IsKey() DEEPSEEK_API_KEY?: string;
  @IsOptional() @IsKey() XAI_API_KEY?: string;
  @IsOptional() @IsKey() FIREWORKS_API_KEY?: string;
  @IsOptional() @Matches(BASE_URL, { message: BASE_URL_RULE }) OPENAI_BASE_URL?: string;
  @IsOptional() @IsInt() @Min(1) @Max(1_024) PLLM_BODY_LIMIT_MB?: number;
  @IsOptional() @IsInt() @Min(1) @Max(10_240) PLLM_UPLOAD_LIMIT_MB?: number;
  @IsOptional() @IsInt() @Min(0) @Max(3_600) PLLM_DATABASE_WAIT_SECONDS?: number;
  @IsOptional() @IsInt() @Min(0) @Max(600) PLLM_DRAIN_DELAY_SECONDS?: number;
  @IsOptional() @IsInt() @Min(0) @Max(3_600) PLLM_DRAIN_SECONDS?: number;
  @IsOptional() @IsInt() @Min(1) @Max(36_500) PLLM_USAGE_RETENTION_DAYS?: number;
  @IsOptional() @IsInt() @Min(1) @Max(3_600) PLLM_REQUEST_TIMEOUT_SECONDS?: number;
}

const NUMBERS = [
  'PORT',
  'PLLM_BODY_LIMIT_MB',
  'PLLM_UPLOAD_LIMIT_MB',
  'PLLM_DATABASE_WAIT_SECONDS',
  'PLLM_DRAIN_DELAY_SECONDS',
  'PLLM_DRAIN_SECONDS',
  'PLLM_USAGE_RETENTION_DAYS',
  'PLLM_REQUEST_TIMEOUT_SECONDS',
] as const;
const TEXTS = [
  'HOST',
  'PLLM_DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'PLLM_MASTER_KEY',
  'PLLM_SECRET_KEY',
  'PLLM_LOG_LEVEL',
  'PLLM_METRICS_PORT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'PLLM_DEFAULT_IMAGE_MODEL',
  'PLLM_CONFIG',
  'PLLM_CORS_ORIGINS',
  'PLLM_PRIVATE_UPSTREAMS',
  'OPENAI_BASE_URL',
  ...(Object.keys(PROVIDER_KEYS) as (keyof typeof PROVIDER_KEYS)[]),
] as const;

/** All that is read. */
export const VARIABLES = [...TEXTS, ...NUMBERS] as const;

/** What `NAME_FILE` may give in place of `NAME`. */
export const SECRETS_IN_FILES: readonly string[] = TEXTS.filter((name) =>
  /(?:_KEY|^(?:DATABASE|REDIS)_URL)$/.test(name),
);

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
    secretKey: read.PLLM_SECRET_KEY === undefined ? undefined : Buffer.from(read.PLLM_SECRET_KEY, 'base64'),
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
    denyPrivateUpstreams: read.PLLM_PRIVATE_UPSTREAMS === 'deny',
    drainDelayMs: (read.PLLM_DRAIN_DELAY_SECONDS ?? defaultDrainDelay(read)) * 1000,
    drainMs: (read.PLLM_DRAIN_SECONDS ?? 30) * 1000,
    usageRetentionMs:
      read.PLLM_USAGE_RETENTION_DAYS === undefined ? undefined : read.PLLM_USAGE_RETENTION_DAYS * DAY_MS,
    requestTimeoutMs: (read.PLLM_REQUEST_TIMEOUT_SECONDS ?? 600) * 1000,
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

/** An empty variable is one that is not set: that is how compose files pass what nobody gave. */
function checkEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const read = new Environment();
  const inFiles = readSecretFiles(env, SECRETS_IN_FILES, (name, reason) => {
    throw new InvalidEnvironment(`${name}: ${reason}`);
  });
  for (const name of TEXTS) read[name] = env[name] || inFiles[name];
  for (const name of NUMBERS) read[name] = env[name] ? Number(env[name]) : undefined;
  const [first] = validateSync(read);
  if (first) {
    const [reason = 'is not valid'] = Object.values(first.constraints ?? {});
    throw new InvalidEnvironment(`${first.property}: ${reason.replace(first.property, '').trim()}`);
  }
  checkSecrets(read);
  return read;
}

function checkSecrets(read: Environment): void {
  const refuse = (name: string, weakness: string | undefined): void => {
    if (weakness) throw new InvalidEnvironment(`${name}: ${weakness}`);
  };
  if (read.PLLM_MASTER_KEY) refuse('PLLM_MASTER_KEY', weaknessOfKey(read.PLLM_MASTER_KEY));
  if (read.PLLM_SECRET_KEY) refuse('PLLM_SECRET_KEY', weaknessOfSecretKey(read.PLLM_SECRET_KEY));
  for (const name of Object.keys(PROVIDER_KEYS) as (keyof typeof PROVIDER_KEYS)[]) {
    if (isExampleKey(read[name] ?? '')) refuse(name, 'is an example value');
  }
}
