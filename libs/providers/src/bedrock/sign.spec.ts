import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Provider } from '#contract';
import { awsSignature } from '../../../../test/support/aws-signature.js';
import { madeTarget } from '../../../../test/support/made-context.js';
import { bedrock } from './adapter.js';
import { regionOf, sign } from './sign.js';

const AT = new Date('2026-11-26T01:02:03.456Z');
const BASE = 'https://bedrock-runtime.eu-west-1.amazonaws.com';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SECRET = `${KEYS.accessKeyId}:${KEYS.secretAccessKey}`;
const ODD_MODELS = [
  'anthropic.claude-3-5-sonnet-20240620-v1:0',
  'us.anthropic.claude-opus-4-6-v1',
  'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0',
  'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3',
  "odd name (of)!one's*own+more~and;that,%2F=ü",
];

const JSON_TYPE = { 'content-type': 'application/json' };

/** What AWS's own signer makes of the same request. */
const peerSign = (url: URL, body: Buffer, session: object = {}) =>
  awsSignature({ method: 'POST', url, headers: JSON_TYPE, body }, { ...KEYS, ...session }, 'eu-west-1', AT);

function provider(secret: string | undefined, baseUrl = BASE): Provider {
  return { ...madeTarget('bedrock', 'm', baseUrl).provider, secret };
}

const signOf = (url: URL, body: Buffer, secret: string | undefined = SECRET) =>
  sign({ method: 'POST', url, headers: JSON_TYPE, body }, provider(secret), AT);

describe('a request is signed as AWS’s SDK signs it', () => {
  it.each(ODD_MODELS)('to the model %s', async (model) => {
    const body = Buffer.from('{"messages":[{"role":"user","content":[{"text":"Hällo"}]}]}');
    for (const isStream of [true, false]) {
      const url = bedrock.address(madeTarget('bedrock', model, BASE), 'chat', isStream);
      const { authorization, ...rest } = signOf(url, body);
      expect(authorization).toBe(await peerSign(url, body));
      expect(rest).toEqual({ 'x-amz-date': '20261126T010203Z' });
    }
  });

  it('with a session', async () => {
    const url = new URL(`${BASE}/model/m/converse`);
    const { authorization, ...rest } = signOf(url, Buffer.from('{}'), `${SECRET}:FwoG/token+=`);
    expect(authorization).toBe(await peerSign(url, Buffer.from('{}'), { sessionToken: 'FwoG/token+=' }));
    expect(rest).toEqual({ 'x-amz-date': '20261126T010203Z', 'x-amz-security-token': 'FwoG/token+=' });
  });

  it('whatever its model, its query and its body are', async () => {
    const text = fc
      .string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
      .filter((given) => !/^\.+$/.test(given));
    const word = fc.stringMatching(/^[a-z][\w ~.!'()*-]{0,11}$/);
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.dictionary(word, word, { maxKeys: 3 }),
        fc.string(),
        async (model, query, json) => {
          const url = bedrock.address(madeTarget('bedrock', model, BASE), 'chat');
          for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
          const body = Buffer.from(json);
          expect(signOf(url, body).authorization).toBe(await peerSign(url, body));
        },
      ),
    );
  });

  it('with what is AWS’s own among its headers, and nothing else', () => {
    const headers = { ...JSON_TYPE, 'X-Amz-Thing': '1', accept: '*/*', 'x-trace': 'a' };
    const url = new URL(`${BASE}/model/m/converse`);
    const { authorization } = sign(
      { method: 'POST', url, headers, body: Buffer.from('{}') },
      provider(SECRET),
      AT,
    );
    expect(authorization).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-thing,');
  });
});

describe('a secret', () => {
  const json = (members: object): string => JSON.stringify({ ...KEYS, ...members });
  const url = new URL('http://localhost:9/model/m/converse');
  const signAt = (secret: string | undefined) =>
    sign({ method: 'POST', url, headers: {}, body: undefined }, provider(secret), AT);

  it.each(['ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl==', 'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3M='])(
    'that is an API key is shown: %s',
    (secret) => {
      expect(bedrock.authorize(secret)).toEqual({ authorization: `Bearer ${secret}` });
      expect(signAt(secret)).toEqual({});
    },
  );

  it('that is of keys is never shown', () => {
    for (const secret of [SECRET, `${SECRET}:token`, json({})]) expect(bedrock.authorize(secret)).toEqual({});
  });

  it('names the region where the address does not', () => {
    expect(signAt(json({ region: 'ap-south-1' })).authorization).toContain('/20261126/ap-south-1/bedrock/');
    const own = sign(
      { method: 'POST', url: new URL(BASE), headers: {}, body: undefined },
      provider(json({ region: 'ap-south-1' })),
      AT,
    );
    expect(own.authorization).toContain('/eu-west-1/bedrock/');
  });

  it.each([
    ['no region anywhere', SECRET, 'names a region'],
    ['no keys in its JSON', '{"accessKeyId":"a"}', 'neither an API key nor AWS keys'],
    ['JSON that is none', '{', 'neither an API key nor AWS keys'],
    ['nothing', undefined, 'neither an API key nor AWS keys'],
  ])('with %s is the operator’s fault', (_, secret, why) => {
    let thrown: unknown;
    try {
      signAt(secret);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'upstream_rejected', retry: 'next' });
    expect(String((thrown as Error).cause)).toContain(why);
  });
});

describe('the region', () => {
  it.each([
    ['bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1'],
    ['bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['bedrock-runtime.us-west-2.api.aws', 'us-west-2'],
    ['bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['vpce-0a1b-c2d3.bedrock-runtime.eu-central-1.vpce.amazonaws.com', 'eu-central-1'],
    ['Bedrock.AP-Southeast-2.amazonaws.com', 'ap-southeast-2'],
    ['localhost', undefined],
    ['bedrock.example.com', undefined],
    ['my-bedrock-runtime.us-east-1.example.com', undefined],
  ])('of %s is %s', (host, region) => expect(regionOf(host)).toBe(region));
});
