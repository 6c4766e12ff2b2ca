import { describe, expect, it } from 'vitest';
import { madeTarget } from '../../../../test/support/made-context.js';
import { bedrock } from './adapter.js';

const REGION = 'https://bedrock-runtime.us-east-1.amazonaws.com';
const at = (baseUrl: string, model = 'm') => madeTarget('bedrock', model, baseUrl);

describe('Bedrock', () => {
  it.each([
    ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'anthropic.claude-3-5-sonnet-20240620-v1%3A0'],
    ['us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1%3A0'],
    [
      'arn:aws:bedrock:us-east-1:1234:inference-profile/us.x',
      'arn%3Aaws%3Abedrock%3Aus-east-1%3A1234%3Ainference-profile%2Fus.x',
    ],
    ["a(b)!'*~c", 'a%28b%29%21%27%2A~c'],
  ])('is asked for %s by %s', (model, escaped) => {
    const target = at(REGION, model);
    expect(bedrock.address(target, 'chat').href).toBe(`${REGION}/model/${escaped}/converse`);
    expect(bedrock.address(target, 'chat', true).href).toBe(`${REGION}/model/${escaped}/converse-stream`);
    expect(bedrock.address(target, 'embeddings').href).toBe(`${REGION}/model/${escaped}/invoke`);
  });

  it.each([
    [REGION, 'https://bedrock.us-east-1.amazonaws.com/foundation-models'],
    [
      'https://bedrock-runtime-fips.us-east-1.amazonaws.com',
      'https://bedrock-fips.us-east-1.amazonaws.com/foundation-models',
    ],
    [
      'https://vpce-1-a.bedrock-runtime.eu-west-1.vpce.amazonaws.com',
      'https://bedrock.eu-west-1.amazonaws.com/foundation-models',
    ],
    ['https://proxy.example/aws', 'https://proxy.example/aws/foundation-models'],
  ])('at %s lists its models at %s', (baseUrl, models) => {
    expect(bedrock.modelsAddress(at(baseUrl).provider).href).toBe(models);
  });

  it('chats in frames of its own, and embeds', () => {
    expect(Object.keys(bedrock.operations)).toEqual(['chat', 'embeddings']);
    expect(bedrock.operations.chat?.framing).toBe('aws');
  });
});
