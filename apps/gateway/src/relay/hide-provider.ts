import { GatewayError } from '#contract';
import type { Provider } from '#contract';

/** Shorter ones are words. */
const SHORTEST_SECRET = 4;

const secretsOf = new WeakMap<Provider, readonly string[]>();

/** What an upstream says of an error may name its address or our key: that is not for clients. */
export function hideProvider(error: GatewayError, provider: Provider): GatewayError {
  if (!error.upstream) return error;
  const { status, message, code, param } = error.upstream;
  const hide = (text: string): string =>
    findSecrets(provider).reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);
  const shown = {
    status,
    message: hide(message),
    code: code === null ? null : hide(code),
    param: param === null ? null : hide(param),
  };
  if (shown.message === message && shown.code === code && shown.param === param) return error;
  return new GatewayError(error.code, { retryAfter: error.retryAfter, cause: error.cause, upstream: shown });
}

function findSecrets(provider: Provider): readonly string[] {
  let secrets = secretsOf.get(provider);
  if (!secrets) {
    const { secret, baseUrl, headers } = provider;
    secrets = [secret, baseUrl, new URL(baseUrl).host, ...Object.values(headers)].filter(
      (text) => text !== undefined && text.length >= SHORTEST_SECRET,
    ) as string[];
    secretsOf.set(provider, secrets);
  }
  return secrets;
}
