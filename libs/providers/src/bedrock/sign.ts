import aws4 from 'aws4';
import { GatewayError } from '#contract';
import type { Provider } from '#contract';
import type { RequestToSign } from '../spec.js';
import { readCredential } from './credential.js';

const SERVICE = 'bedrock';

/** `bedrock-runtime.us-east-1.amazonaws.com`, those of FIPS, of dual stack, of China, and of VPC endpoints. */
const REGION = /(?:^|\.)bedrock(?:-runtime)?(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\./;

/** The region that a host is in; undefined: the host does not say. */
export function regionOf(host: string): string | undefined {
  return REGION.exec(host.toLowerCase())?.[1];
}

/**
 * The headers that sign a request (Signature Version 4); none for an API key, which is only shown.
 *
 * @throws GatewayError `upstream_rejected` where the secret, or the region, cannot be told
 */
export function sign(request: RequestToSign, provider: Provider, at: Date): Record<string, string> {
  const credential = provider.secret === undefined ? undefined : readCredential(provider.secret);
  if (!credential) throw misconfigured('its credential is neither an API key nor AWS keys');
  if (credential.kind === 'api-key') return {};
  const { url, method, headers, body } = request;
  const region = regionOf(url.hostname) ?? credential.region;
  if (region === undefined)
    throw misconfigured('neither its address nor its credential names a region of AWS');
  const { accessKeyId, secretAccessKey, sessionToken } = credential;
  const added = {
    'x-amz-date': at.toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const signer = new aws4.RequestSigner(
    {
      service: SERVICE,
      region,
      method,
      path: url.pathname + url.search,
      headers: { host: url.host, ...signedOnes(headers), ...added },
      body: body ?? '',
      doNotModifyHeaders: true,
    },
    { accessKeyId, secretAccessKey },
  );
  // It takes its own time where it may not add headers.
  signer.datetime = added['x-amz-date'];
  return { ...added, authorization: signer.authHeader() };
}

/** What AWS wants signed where it is sent. Others may change on their way. */
function signedOnes(headers: RequestToSign['headers']): Record<string, string> {
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(names.filter(([name]) => /^(?:host|content-type|x-amz-.*)$/.test(name)));
}

function misconfigured(why: string): GatewayError {
  return new GatewayError('upstream_rejected', { cause: new Error(`The provider is not set up: ${why}.`) });
}
