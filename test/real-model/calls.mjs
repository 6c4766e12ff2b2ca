import OpenAI, { APIError, BadRequestError } from 'openai';

const ALIAS = 'smol';
const REQUEST_ID = /^req_[0-9a-f]{32}$/;
const QUESTION = 'Write one sentence about the sea.';
const CALL = {
  model: ALIAS,
  messages: [{ role: 'user', content: QUESTION }],
  max_tokens: 60,
  temperature: 0,
};

const CALL_MS = 120_000;

/** Pieces to read before leaving. */
const PIECES_BEFORE_LEAVING = 12;
/** Tokens that the call which is left would have made. */
const LONG = 1_500;

/** A provider, a model under its alias and a key: all through the admin API. @returns the key's secret */
export async function setUp({ admin, transcript }, upstreamUrl, upstreamModel) {
  transcript.title('Set up through the admin API');
  const provider = await admin.post('/providers', {
    name: 'local-llama',
    type: 'openai-compatible',
    base_url: upstreamUrl,
  });
  transcript.say('provider', `${provider.name}, ${provider.type}, ${provider.base_url} (${provider.id})`);
  const { ok, status, latency_ms: latency } = await admin.post(`/providers/${provider.id}/test`);
  transcript.check(`the provider's test reaches it: status ${status}, ${latency} ms`, ok);
  const model = await admin.post('/models', {
    id: ALIAS,
    targets: [{ provider: provider.name, model: upstreamModel }],
  });
  transcript.say('model', `${model.id} -> ${provider.name} / ${upstreamModel}`);
  const key = await admin.post('/keys', { name: 'real-model', models: [ALIAS] });
  transcript.say('key', `${key.prefix}… (${key.id})`);
  return key.key;
}

export function connect(url, apiKey) {
  return new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0, timeout: CALL_MS });
}

/** What the model says without the gateway. The first answer only warms its prompt cache, which may change a word. */
export async function askDirectly({ transcript }, upstreamUrl, upstreamModel) {
  transcript.title('The model itself, without the gateway');
  const client = new OpenAI({ apiKey: 'none', baseURL: upstreamUrl, maxRetries: 0, timeout: CALL_MS });
  const call = { ...CALL, model: upstreamModel };
  await client.chat.completions.create(call);
  const answer = await client.chat.completions.create(call);
  transcript.say('asked', QUESTION);
  transcript.say('answered', answer.choices[0]?.message.content);
  transcript.say('model', answer.model);
  return answer.choices[0]?.message.content;
}

export async function askWhole({ client, admin, transcript }, expected) {
  transcript.title('A whole chat');
  const { data, response } = await client.chat.completions.create(CALL).withResponse();
  const text = data.choices[0]?.message.content ?? '';
  const requestId = response.headers.get('x-request-id');
  transcript.say('asked', QUESTION);
  transcript.say('answered', text);
  transcript.say('finish', data.choices[0]?.finish_reason);
  transcript.say('usage', describeUsage(data.usage));
  transcript.say('ids', `${requestId}, ${data.id}`);
  transcript.check(`the answer's model is ${ALIAS}`, data.model === ALIAS, data.model);
  transcript.check('the text is not empty', text.trim().length > 0);
  transcript.check('it is what the model says without the gateway', text === expected, text);
  transcript.check('the request has an id of the gateway', REQUEST_ID.test(requestId), requestId);
  const record = await findRecord({ admin, transcript }, requestId);
  checkRecord(transcript, record, { status: 'ok', http_status: 200, stream: false });
  checkTokens(transcript, record, data.usage);
}

export async function askStreamed({ client, admin, transcript }, expected) {
  transcript.title('A streamed chat');
  const { data, response } = await client.chat.completions
    .create({ ...CALL, stream: true, stream_options: { include_usage: true } })
    .withResponse();
  const chunks = [];
  for await (const chunk of data) chunks.push(chunk);
  const text = chunks.map(textOf).join('');
  const usage = chunks.find((chunk) => chunk.usage)?.usage;
  const finish = chunks.map((chunk) => chunk.choices[0]?.finish_reason).find(Boolean);
  const requestId = response.headers.get('x-request-id');
  transcript.say('asked', QUESTION);
  transcript.say('answered', chunks.map(textOf).filter(Boolean).join('|'));
  transcript.say('finish', `${finish}, after ${chunks.length} chunks`);
  transcript.say('usage', describeUsage(usage));
  transcript.say('ids', `${requestId}, ${chunks[0]?.id}`);
  const names = new Set(chunks.map(({ model }) => model));
  transcript.check(`every chunk's model is ${ALIAS}`, names.size === 1 && names.has(ALIAS), [...names]);
  transcript.check('the text is not empty, and came in pieces', chunks.filter(textOf).length > 1);
  transcript.check('the stream has a finish reason', Boolean(finish));
  transcript.check('together they are what the model says without the gateway', text === expected, text);
  const record = await findRecord({ admin, transcript }, requestId);
  checkRecord(transcript, record, { status: 'ok', http_status: 200, stream: true });
  checkTokens(transcript, record, usage);
  transcript.check('the record has the time of the first token', record.time_to_first_token_ms > 0);
}

/** What the gateway refuses itself, and what only the upstream knows to be too much. */
export async function askWrongly({ client, admin, transcript }) {
  transcript.title('A bad parameter: the gateway refuses');
  const refused = await failure(client, { ...CALL, temperature: 9 });
  describeError(transcript, 'temperature: 9', refused);
  transcript.check('400, BadRequestError', refused instanceof BadRequestError);
  transcript.check(
    'type, code and param say what is wrong',
    refused.type === 'invalid_request_error' &&
      refused.code === 'invalid_value' &&
      refused.param === 'temperature',
    refused.error,
  );
  const noRecord = await admin.findRecord(refused.requestID, 1_500);
  transcript.say('record', noRecord ? describeRecord(noRecord) : 'none: no call was made');

  transcript.title('Too long a prompt: the upstream refuses');
  const messages = [{ role: 'user', content: 'hello '.repeat(4_000) }];
  const tooLong = await failure(client, { ...CALL, messages });
  describeError(transcript, "4,000 times 'hello '", tooLong);
  transcript.check('400, BadRequestError', tooLong instanceof BadRequestError);
  transcript.check('the upstream says why', tooLong.code === 'context_length_exceeded', tooLong.error);
  const record = await findRecord({ admin, transcript }, tooLong.requestID);
  checkRecord(transcript, record, { status: 'error', http_status: 400, error_code: tooLong.code });
}

export async function leaveMidway({ client, admin, transcript }) {
  transcript.title('A stream that the client leaves midway');
  // min_tokens is the upstream's own parameter: the gateway passes on what it does not know.
  const long = { ...CALL, max_tokens: LONG, min_tokens: LONG, stream: true };
  const { data, response } = await client.chat.completions.create(long).withResponse();
  const requestId = response.headers.get('x-request-id');
  const startedAt = performance.now();
  const pieces = [];
  for await (const chunk of data) {
    if (textOf(chunk)) pieces.push(chunk);
    if (pieces.length === PIECES_BEFORE_LEAVING) break;
  }
  data.controller.abort();
  const pieceMs = (performance.now() - startedAt) / pieces.length;
  transcript.say('asked', `${QUESTION} (${LONG} tokens of it)`);
  transcript.say('answered', `${pieces.map(textOf).join('|')} … and left`);
  transcript.say('ids', `${requestId}, ${pieces[0]?.id}`);
  transcript.check(
    `every chunk's model is ${ALIAS}`,
    pieces.every(({ model }) => model === ALIAS),
  );
  const record = await findRecord({ admin, transcript }, requestId);
  checkRecord(transcript, record, { status: 'cancelled', http_status: 200, stream: true });

  // The upstream makes one answer at a time: the next one waits for as long as the left one goes on.
  const leftAt = performance.now();
  const next = await client.chat.completions.create({ ...CALL, max_tokens: 1 });
  const waited = Math.round(performance.now() - leftAt);
  const wouldHave = Math.round((LONG - pieces.length) * pieceMs);
  transcript.check(
    `the model was let go: the next call took ${waited} ms, the rest would have taken ${wouldHave}`,
    next.model === ALIAS && waited < Math.max(2_000, wouldHave / 2),
  );
  await findRecord({ admin, transcript }, next._request_id);
}

/** All that the run has left there. */
export async function readLedger({ admin, transcript }) {
  transcript.title('The ledger, newest first');
  const { data } = await admin.get('/requests?limit=50');
  for (const record of data) transcript.note(`${record.request_id}  ${describeRecord(record)}`);
  const ids = new Set(data.map(({ request_id: id }) => id));
  transcript.check('no request is there twice', ids.size === data.length);
}

async function failure(client, body) {
  try {
    await client.chat.completions.create(body);
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('The call should have been refused.');
}

async function findRecord({ admin, transcript }, requestId) {
  const record = await admin.findRecord(requestId);
  transcript.check('the ledger has a record of it', record !== undefined);
  transcript.say('record', describeRecord(record));
  return record;
}

function checkRecord(transcript, record, wanted) {
  const expected = { ...wanted, operation: 'chat', model: ALIAS, provider: 'local-llama', attempts: 1 };
  const wrong = Object.keys(expected).filter((name) => record[name] !== expected[name]);
  transcript.check(`the record says: ${Object.values(wanted).join(', ')}`, wrong.length === 0, record);
}

/** Where the upstream told what it used, the record has the same; where it told nothing, the record says so. */
function checkTokens(transcript, record, usage) {
  if (usage) {
    transcript.check(
      "the record has the upstream's tokens",
      record.usage_source === 'upstream' &&
        record.prompt_tokens === usage.prompt_tokens &&
        record.completion_tokens === usage.completion_tokens,
      record,
    );
  } else {
    transcript.check(
      `the upstream told no usage, and the record says so: usage_source ${record.usage_source}`,
      record.usage_source !== 'upstream',
    );
  }
}

function textOf(chunk) {
  return chunk.choices[0]?.delta.content ?? '';
}

function describeUsage(usage) {
  if (!usage) return 'none given by the upstream';
  return `${usage.prompt_tokens} prompt + ${usage.completion_tokens} completion = ${usage.total_tokens} tokens`;
}

function describeError(transcript, asked, { status, type, code, param, message, requestID, constructor }) {
  transcript.say('asked', asked);
  transcript.say('refused', message);
  transcript.say('error', `${constructor.name}: ${status}, ${type}, code ${code}, param ${param}`);
  transcript.say('ids', requestID);
}

function describeRecord(record) {
  const parts = [
    `${record.status} ${record.http_status}`,
    record.error_code,
    record.stream ? 'streamed' : 'whole',
    `${record.prompt_tokens}+${record.completion_tokens} tokens (${record.usage_source})`,
    `${record.latency_ms} ms`,
    record.time_to_first_token_ms === null ? undefined : `first token ${record.time_to_first_token_ms} ms`,
  ];
  return parts.filter(Boolean).join(', ');
}
