import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
  validateSync,
} from 'class-validator';
import { networkTexts, parseNetwork } from './network.js';
import { readSecretFiles } from './secret-files.js';
import { isExampleKey, weaknessOfKey, weaknessOfSecretKey } from './weak-secrets.js';

export class InvalidEnvironment extends Error {}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Variables that each are a provider, by its type. */
export const PROVIDER_KEYS = {
  OPENAI_API_KEY: 'openai',
  ANTHROPIC_API_KEY: 'anthropic',
  GEMINI_API_KEY: 'gemini',
  COHERE_API_KEY: 'cohere',
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

const IsNetworkList = (): PropertyDecorator =>
  ValidateBy({
    name: 'isNetworkList',
    validator: {
      // Who believes every address lets a client say where it comes from.
      validate: (value) => networkTexts(String(value)).every((text) => (parseNetwork(text)?.prefix ?? 0) > 0),
      defaultMessage: () =>
        'must be IP addresses or CIDR blocks, separated by commas, none of them all addresses',
    },
  });

/** The variables that are read, and what each may be. */
export class Environment {
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
  @IsOptional() @IsString() PLLM_SECRET_KEY_PREVIOUS?: string;
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
  @IsOptional() @IsNetworkList() PLLM_TRUSTED_PROXIES?: string;
  @IsOptional() @IsKey() OPENAI_API_KEY?: string;
  @IsOptional() @IsKey() ANTHROPIC_API_KEY?: string;
  @IsOptional() @IsKey() GEMINI_API_KEY?: string;
  @IsOptional() @IsKey() COHERE_API_KEY?: string;
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
  @IsOptional() @IsInt() @Min(1) @Max(3_600) PLLM_STREAM_HOLD_SECONDS?: number;
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000) PLLM_MAX_IN_FLIGHT?: number;
  @IsOptional() @IsInt() @Min(1) @Max(64) PLLM_WORKERS?: number;
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
  'PLLM_STREAM_HOLD_SECONDS',
  'PLLM_MAX_IN_FLIGHT',
  'PLLM_WORKERS',
] as const;
const TEXTS = [
  'HOST',
  'PLLM_DATA_DIR',
  'DATABASE_URL',
  'REDIS_URL',
  'PLLM_MASTER_KEY',
  'PLLM_SECRET_KEY',
  'PLLM_SECRET_KEY_PREVIOUS',
  'PLLM_LOG_LEVEL',
  'PLLM_METRICS_PORT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'PLLM_DEFAULT_IMAGE_MODEL',
  'PLLM_CONFIG',
  'PLLM_CORS_ORIGINS',
  'PLLM_TRUSTED_PROXIES',
  'PLLM_PRIVATE_UPSTREAMS',
  'OPENAI_BASE_URL',
  ...(Object.keys(PROVIDER_KEYS) as (keyof typeof PROVIDER_KEYS)[]),
] as const;

/** All that is read. */
export const VARIABLES = [...TEXTS, ...NUMBERS] as const;

/** What `NAME_FILE` may give in place of `NAME`. */
export const SECRETS_IN_FILES: readonly string[] = TEXTS.filter((name) =>
  /(?:_KEY|_KEY_PREVIOUS|^(?:DATABASE|REDIS)_URL)$/.test(name),
);

/**
 * The environment, checked. An empty variable is one that is not set: that is how compose files pass what nobody gave.
 *
 * @throws InvalidEnvironment naming the first variable that is wrong, never its value
 */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
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
  if ((read.PLLM_WORKERS ?? 1) > 1 && read.DATABASE_URL === undefined) {
    throw new InvalidEnvironment(
      'PLLM_WORKERS: more than 1 need a Postgres (DATABASE_URL): the embedded database is for one process',
    );
  }
  checkSecrets(read);
  return read;
}

function checkSecrets(read: Environment): void {
  const refuse = (name: string, weakness: string | undefined): void => {
    if (weakness) throw new InvalidEnvironment(`${name}: ${weakness}`);
  };
  if (read.PLLM_MASTER_KEY) refuse('PLLM_MASTER_KEY', weaknessOfKey(read.PLLM_MASTER_KEY));
  for (const name of ['PLLM_SECRET_KEY', 'PLLM_SECRET_KEY_PREVIOUS'] as const) {
    const key = read[name];
    if (key) refuse(name, weaknessOfSecretKey(key));
  }
  for (const name of Object.keys(PROVIDER_KEYS) as (keyof typeof PROVIDER_KEYS)[]) {
    if (isExampleKey(read[name] ?? '')) refuse(name, 'is an example value');
  }
}
