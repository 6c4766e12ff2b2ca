import { GatewayError } from '#contract';
import type { Provider } from '#contract';

/** What an upstream says of an error may name its address or our key: that is not for clients. */
export function hideProvider(error: GatewayError, provider: Provider): GatewayError {
  if (!error.upstream) return error;
  const { status, message, code, param } = error.upstream;
  const secrets = [
    provider.secret,
    provider.baseUrl,
    new URL(provider.baseUrl).host,
    ...Object.values(provider.headers),
  ].filter((secret) => secret !== undefined && secret.length > 3);
  const hide = (text: string): string =>
    secrets.reduce<string>((shown, secret) => shown.replaceAll(secret as string, '[hidden]'), text);
  return new GatewayError(error.code, {
    retryAfter: error.retryAfter,
    cause: error.cause,
    upstream: {
      status,
      message: hide(message),
      code: code === null ? null : hide(code),
      param: param === null ? null : hide(param),
    },
  });
}
