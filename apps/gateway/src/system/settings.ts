import { VARIABLES } from '../config/environment.js';
import type { Config } from '../config/config.js';

/** One variable, and where its value comes from. */
export interface Setting {
  readonly name: string;
  readonly source: 'environment' | 'data_dir' | 'default';
  /** Null: nothing is set, or it is not to be shown. */
  readonly value: string | number | null;
}

/** Generated at first boot, and kept. */
const GENERATED = new Set<string>(['PLLM_MASTER_KEY', 'PLLM_SECRET_KEY']);

const MEBIBYTE = 1024 * 1024;

/** What may be shown. Whatever is not here may hold a secret. */
const SHOWN: Readonly<Record<string, (config: Config) => string | number | undefined>> = {
  HOST: (config) => config.host,
  PORT: (config) => config.port,
  PLLM_DATA_DIR: (config) => config.dataDir,
  PLLM_LOG_LEVEL: (config) => config.logLevel,
  PLLM_DEFAULT_IMAGE_MODEL: (config) => config.defaultImageModel,
  PLLM_CORS_ORIGINS: (config) => config.corsOrigins.join(','),
  PLLM_TRUSTED_PROXIES: (config) => config.trustedProxies.join(',') || undefined,
  PLLM_BODY_LIMIT_MB: (config) => config.bodyLimit / MEBIBYTE,
  PLLM_UPLOAD_LIMIT_MB: (config) => config.uploadLimit / MEBIBYTE,
  PLLM_DATABASE_WAIT_SECONDS: (config) => config.databaseWaitMs / 1000,
  PLLM_DRAIN_DELAY_SECONDS: (config) => config.drainDelayMs / 1000,
  PLLM_DRAIN_SECONDS: (config) => config.drainMs / 1000,
  PLLM_REQUEST_TIMEOUT_SECONDS: (config) => config.requestTimeoutMs / 1000,
  PLLM_MAX_IN_FLIGHT: (config) => config.mostInFlight,
  PLLM_WORKERS: (config) => config.workers,
  PLLM_STREAM_HOLD_SECONDS: (config) => config.streamHoldMs / 1000,
};

export function describeSettings(config: Config): Setting[] {
  const given = new Set(config.given);
  return VARIABLES.map((name) => ({
    name,
    source: given.has(name) ? 'environment' : GENERATED.has(name) ? 'data_dir' : 'default',
    value: SHOWN[name]?.(config) ?? null,
  }));
}
