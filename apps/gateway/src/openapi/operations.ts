import { USAGE_SUMS } from './admin-answers.js';
import { ref } from './answers.js';
import type { SchemaName } from './answers.js';
import { TIME, own } from './schema-words.js';

/** What an answer's body is, by media type. */
export type Content = Readonly<Record<string, { readonly schema: object }>>;

/** What cannot be seen from the code of a route: what it is for, and what it answers. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly content: Content;
}

const operation = (id: string, summary: string, content: Content): Operation => ({ id, summary, content });
const json = (schema: object): Content => ({ 'application/json': { schema } });
const object = (name: SchemaName): Content => json(ref(name));
const binary = { schema: { type: 'string', format: 'binary' } };
const text = { schema: { type: 'string' } };
const EVENTS: Content = {
  'text/event-stream': {
    schema: { type: 'string', description: '`data:` events; errors are `data: {"error":…}`' },
  },
};

function list(name: SchemaName): Content {
  const properties = {
    object: { const: 'list' },
    data: { type: 'array', items: ref(name) },
    has_more: { type: 'boolean' },
    next_cursor: { type: ['string', 'null'] },
  };
  return json({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });
}

const MODEL_LIST = json({
  type: 'object',
  properties: { object: { const: 'list' }, data: { type: 'array', items: ref('Model') } },
  required: ['object', 'data'],
});
const STATS = json({
  type: 'object',
  properties: {
    object: { const: 'list' },
    window: {
      type: 'object',
      properties: {
        from: { type: 'string', format: 'date-time' },
        to: { type: 'string', format: 'date-time' },
      },
    },
    data: { type: 'array', items: ref('ModelStats') },
  },
  required: ['object', 'window', 'data'],
});
const USAGE = json({
  type: 'object',
  properties: {
    object: { const: 'list' },
    window: { type: 'object', properties: { from: TIME, to: TIME } },
    data: { type: 'array', items: ref('UsageTotals') },
    totals: own(USAGE_SUMS),
    has_more: { type: 'boolean' },
    next_cursor: { type: ['string', 'null'] },
  },
  required: ['object', 'window', 'data', 'totals', 'has_more', 'next_cursor'],
});
const CSV: Content = { 'text/csv': text };
const SPEECH: Content = Object.fromEntries(
  ['mpeg', 'ogg', 'aac', 'flac', 'wav', 'pcm'].map((kind) => [`audio/${kind}`, binary]),
);
const TRANSCRIPT: Content = { ...object('Transcription'), 'text/plain': text };

/** Every route of the gateway, under `/v1` or at the root. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /v1/chat/completions': operation('createChatCompletion', 'Answer a chat, whole or streamed', {
    ...object('ChatCompletion'),
    ...EVENTS,
  }),
  'POST /v1/completions': operation('createCompletion', 'Continue a text, whole or streamed', {
    ...object('Completion'),
    ...EVENTS,
  }),
  'POST /v1/embeddings': operation('createEmbeddings', 'Turn texts into vectors', object('EmbeddingList')),
  'POST /v1/images/generations': operation('createImage', 'Draw images', {
    ...object('ImageList'),
    ...EVENTS,
  }),
  'POST /v1/images/edits': operation('createImageEdit', 'Change an image', {
    ...object('ImageList'),
    ...EVENTS,
  }),
  'POST /v1/images/variations': operation('createImageVariation', 'Vary an image', object('ImageList')),
  'POST /v1/audio/transcriptions': operation('createTranscription', 'Write down what is said', {
    ...TRANSCRIPT,
    ...EVENTS,
  }),
  'POST /v1/audio/translations': operation(
    'createTranslation',
    'Write down in English what is said',
    TRANSCRIPT,
  ),
  'POST /v1/audio/speech': operation('createSpeech', 'Speak a text', { ...SPEECH, ...EVENTS }),
  'POST /v1/moderations': operation('createModeration', 'Judge a content', object('Moderation')),
  'POST /v1/messages': operation('createMessage', "Answer in Anthropic's wire", {
    ...object('Message'),
    ...EVENTS,
  }),
  'POST /v1/messages/count_tokens': operation('countTokens', "Count a prompt's tokens", object('TokenCount')),
  'POST /v1/responses': operation('createResponse', 'Answer, whole or streamed, and go on from an answer', {
    ...object('Response'),
    ...EVENTS,
  }),
  'GET /v1/responses/{id}': operation('readResponse', 'An answer that was kept', object('Response')),
  'DELETE /v1/responses/{id}': operation('deleteResponse', 'Keep an answer no longer', object('Deleted')),
  'GET /v1/responses/{id}/input_items': operation(
    'listInputItems',
    'What a kept answer was asked',
    object('InputItems'),
  ),
  'POST /v1/rerank': operation('rerank', 'Order documents by what they say to a query', object('Rerank')),
  'GET /v1/models': operation('listModels', 'The models that the caller may use', MODEL_LIST),
  'GET /v1/models/{model}': operation('readModel', 'One model', object('Model')),

  'GET /v1/admin/keys': operation('listKeys', 'The keys, newest first', list('Key')),
  'POST /v1/admin/keys': operation('createKey', 'Make a key', object('KeyWithSecret')),
  'GET /v1/admin/keys/{id}': operation('readKey', 'One key', object('Key')),
  'PATCH /v1/admin/keys/{id}': operation('updateKey', 'Change a key', object('Key')),
  'DELETE /v1/admin/keys/{id}': operation('deleteKey', 'Delete a key', object('Deleted')),
  'POST /v1/admin/keys/{id}/rotate': operation(
    'rotateKey',
    'Give a key another secret',
    object('KeyWithSecret'),
  ),
  'POST /v1/admin/keys/{id}/revoke': operation('revokeKey', 'Make a key good for nothing', object('Key')),
  'GET /v1/admin/teams': operation('listTeams', 'The teams', list('Team')),
  'POST /v1/admin/teams': operation('createTeam', 'Make a team', object('Team')),
  'GET /v1/admin/teams/{id}': operation('readTeam', 'One team', object('Team')),
  'PATCH /v1/admin/teams/{id}': operation('updateTeam', 'Change a team', object('Team')),
  'DELETE /v1/admin/teams/{id}': operation('deleteTeam', 'Delete a team without keys', object('Deleted')),
  'GET /v1/admin/providers': operation('listProviders', 'The providers', list('Provider')),
  'POST /v1/admin/providers': operation('createProvider', 'Add a provider', object('Provider')),
  'GET /v1/admin/providers/{id}': operation('readProvider', 'One provider', object('Provider')),
  'PATCH /v1/admin/providers/{id}': operation('updateProvider', 'Change a provider', object('Provider')),
  'DELETE /v1/admin/providers/{id}': operation('deleteProvider', 'Delete a provider', object('Deleted')),
  'POST /v1/admin/providers/{id}/test': operation(
    'testProvider',
    'Ask a provider for a sign of life',
    object('ProviderTest'),
  ),
  'GET /v1/admin/providers/{id}/models': operation(
    'listUpstreamModels',
    'What a provider offers',
    list('UpstreamModel'),
  ),
  'GET /v1/admin/models': operation('listModelRoutes', 'The models and where they lead', list('ModelRoute')),
  'POST /v1/admin/models': operation('createModelRoute', 'Add a model', object('ModelRoute')),
  'GET /v1/admin/models/stats': operation('readModelStats', 'How each model did', STATS),
  'GET /v1/admin/models/{model}': operation(
    'readModelRoute',
    'One model and where it leads',
    object('ModelRoute'),
  ),
  'PUT /v1/admin/models/{model}': operation('replaceModelRoute', 'Replace a model', object('ModelRoute')),
  'PATCH /v1/admin/models/{model}': operation('updateModelRoute', 'Change a model', object('ModelRoute')),
  'POST /v1/admin/models/{model}/explain': operation(
    'explainModelRoute',
    'Whom a call would ask, and why',
    object('ModelExplanation'),
  ),
  'DELETE /v1/admin/models/{model}': operation('deleteModelRoute', 'Delete a model', object('Deleted')),
  'GET /v1/admin/requests': operation('listUsageRecords', 'What was called, newest first', {
    ...list('UsageRecord'),
    ...CSV,
  }),
  'GET /v1/admin/usage': operation('readUsage', 'What was used, added up', { ...USAGE, ...CSV }),
  'GET /v1/admin/requests/{id}': operation('readUsageRecord', 'One call', object('UsageRecordWithDecision')),
  'GET /v1/admin/prices': operation('listPrices', 'What models cost', list('Price')),
  'PUT /v1/admin/prices/{type}/{model}': operation('putPrice', 'Say what a model costs', object('Price')),
  'DELETE /v1/admin/prices/{type}/{model}': operation(
    'deletePrice',
    'Let the catalogue say it again',
    object('Deleted'),
  ),
  'GET /v1/admin/budgets': operation(
    'listBudgetAccounts',
    'What was spent of budgets',
    list('BudgetAccount'),
  ),
  'POST /v1/admin/budgets/reconcile': operation(
    'reconcileBudgets',
    'Compare what was added up with the records, and put it right',
    object('BudgetReconciliation'),
  ),
  'GET /v1/admin/audit': operation('listAuditEntries', 'What was changed, newest first', list('AuditEntry')),
  'GET /v1/admin/audit/export': operation('exportAudit', 'What was changed, oldest first, with its hashes', {
    'application/x-ndjson': text,
  }),
  'GET /v1/admin/audit/verify': operation(
    'verifyAudit',
    'Is the audit log what was written?',
    object('AuditVerification'),
  ),
  'GET /v1/admin/system': operation('readSystem', 'The gateway itself', object('System')),
  'POST /v1/admin/system/reload': operation(
    'reloadSystem',
    'Read keys, models and the configuration file anew, on every gateway',
    object('SystemReload'),
  ),
  'GET /v1/admin/system/webhook-secret': operation(
    'readWebhookSecret',
    'What signatures of webhooks are verified with',
    object('SystemWebhookSecret'),
  ),
  'POST /v1/admin/system/rotate-keys': operation(
    'rotateSystemKeys',
    'Encrypt provider secrets, or hash keys, under another key',
    object('SystemKeyRotation'),
  ),

  'GET /health': operation('health', 'Does the process run?', object('Health')),
  'GET /ready': operation('ready', 'Can the process serve?', object('Readiness')),
  'GET /openapi.json': operation('openapi', 'This description', json({ type: 'object' })),
};
