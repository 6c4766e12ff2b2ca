import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SignedParts {
  readonly method: string;
  readonly url: URL;
  /** Those that are signed, and no others. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The `authorization` that AWS's own signer gives a request. */
export async function awsSignature(
  { method, url, headers, body }: SignedParts,
  keys: AwsKeys,
  region: string,
  signingDate: Date,
): Promise<string> {
  const signer = new SignatureV4({
    service: 'bedrock',
    region,
    sha256: Sha256,
    credentials: keys,
    applyChecksum: false,
  });
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body: new Uint8Array(body),
  };
  const signed = await signer.sign(request, { signingDate });
  return String(signed.headers.authorization);
}
