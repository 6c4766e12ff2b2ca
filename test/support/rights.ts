/** Who asks: a caller without a key, one with a key that nobody made, each role, and an admin that is bounded. */
export const WHO = ['nobody', 'stranger', 'member', 'viewer', 'scoped', 'admin', 'master'] as const;
export type Who = (typeof WHO)[number];

/** Whose an object is to the one who asks: within its reach, beyond it, or there is none. */
export const WHOSE = ['own', 'foreign', 'missing'] as const;
export type Whose = (typeof WHOSE)[number];

/** What becomes of a request: it is done, or refused with a status. */
export type Outcome = 'done' | 400 | 401 | 403 | 404;

/** What the id in a path is of, or the model in a body. */
export type Kind = 'called' | 'response' | 'record' | 'key' | 'team' | 'provider' | 'route' | 'price';

/** An operation: whom it is for, what it names, and a body that is good in all but rights. */
export interface Right {
  readonly may: readonly Who[];
  readonly kind?: Kind;
  /** By the id that is asked for, or one that is new. */
  readonly body?: (id: string) => object;
  readonly isForm?: boolean;
  /** Does it make what is missing? */
  readonly makes?: boolean;
}

const KEYS = ['member', 'viewer', 'scoped', 'admin', 'master'] as const;
const CALLERS = ['member', 'scoped', 'admin', 'master'] as const;
const READERS = ['viewer', 'scoped', 'admin', 'master'] as const;
const ADMINS = ['scoped', 'admin', 'master'] as const;
const UNSCOPED = ['admin', 'master'] as const;

/** What the bounded admin holds. */
export const HELD = {
  models: ['a-*'],
  limits: { rpm: 100_000, parallel: 1_000 },
  expires_at: '2099-01-01T00:00:00.000Z',
  allowed_ips: ['127.0.0.0/8', '::1'],
  budget: { usd: '100', period: 'day', mode: 'balanced' },
};

const TARGETS = [{ provider: 'upstream', model: 'gpt-upstream' }];
const MESSAGES = [{ role: 'user', content: 'Hello!' }];

const call = (rest: object): Right => ({
  may: CALLERS,
  kind: 'called',
  body: (model) => ({ model, ...rest }),
});
const form = (rest: object): Right => ({ ...call(rest), isForm: true });
const read = (kind?: Kind): Right => ({ may: READERS, kind });
const change = (kind: Kind, body?: Right['body'], may: Right['may'] = UNSCOPED): Right => ({
  may,
  kind,
  body,
});

/** Every operation that needs a key. One that is not here fails the tests. */
export const RIGHTS: Readonly<Record<string, Right>> = {
  'POST /v1/chat/completions': call({ messages: MESSAGES }),
  'POST /v1/completions': call({ prompt: 'Hello' }),
  'POST /v1/embeddings': call({ input: 'Hello' }),
  'POST /v1/images/generations': call({ prompt: 'a cat' }),
  'POST /v1/images/edits': form({ prompt: 'a cat', image: new Blob(['x']) }),
  'POST /v1/images/variations': form({ image: new Blob(['x']) }),
  'POST /v1/audio/transcriptions': form({ file: new Blob(['x']) }),
  'POST /v1/audio/translations': form({ file: new Blob(['x']) }),
  'POST /v1/audio/speech': call({ input: 'Hello', voice: 'alloy' }),
  'POST /v1/moderations': call({ input: 'peace' }),
  'POST /v1/messages': call({ messages: MESSAGES, max_tokens: 9 }),
  'POST /v1/messages/count_tokens': call({ messages: MESSAGES }),
  'POST /v1/responses': call({ input: 'Hello' }),
  'POST /v1/rerank': call({ query: 'a cat', documents: ['a cat', 'a dog'] }),
  'GET /v1/models': { may: KEYS },
  'GET /v1/models/{model}': { may: KEYS, kind: 'called' },
  'GET /v1/responses/{id}': { may: KEYS, kind: 'response' },
  'DELETE /v1/responses/{id}': { may: KEYS, kind: 'response' },
  'GET /v1/responses/{id}/input_items': { may: KEYS, kind: 'response' },

  'GET /v1/admin/keys': read(),
  'POST /v1/admin/keys': { may: ADMINS, body: (name) => ({ name, ...HELD }) },
  'GET /v1/admin/keys/{id}': read('key'),
  'PATCH /v1/admin/keys/{id}': change('key', () => ({ name: 'renamed' }), ADMINS),
  'DELETE /v1/admin/keys/{id}': change('key', undefined, ADMINS),
  'POST /v1/admin/keys/{id}/rotate': change('key', () => ({}), ADMINS),
  'POST /v1/admin/keys/{id}/revoke': change('key', () => ({}), ADMINS),

  'GET /v1/admin/teams': read(),
  'POST /v1/admin/teams': { may: UNSCOPED, body: (name) => ({ name }) },
  'GET /v1/admin/teams/{id}': read('team'),
  'PATCH /v1/admin/teams/{id}': change('team', () => ({ models: ['a-*'] })),
  'DELETE /v1/admin/teams/{id}': change('team'),

  'GET /v1/admin/providers': read(),
  'POST /v1/admin/providers': { may: UNSCOPED, body: (name) => ({ name, type: 'openai' }) },
  'GET /v1/admin/providers/{id}': read('provider'),
  'PATCH /v1/admin/providers/{id}': change('provider', () => ({ max_parallel: 9 })),
  'DELETE /v1/admin/providers/{id}': change('provider'),
  'POST /v1/admin/providers/{id}/test': change('provider', () => ({})),
  'GET /v1/admin/providers/{id}/models': read('provider'),

  'GET /v1/admin/models': read(),
  'POST /v1/admin/models': { may: UNSCOPED, body: (id) => ({ id, targets: TARGETS }) },
  'GET /v1/admin/models/{model}': read('route'),
  'PUT /v1/admin/models/{model}': change('route', () => ({ targets: TARGETS })),
  'PATCH /v1/admin/models/{model}': change('route', () => ({ enabled: false })),
  'DELETE /v1/admin/models/{model}': change('route'),
  'POST /v1/admin/models/{model}/explain': change('route', () => ({}), ADMINS),
  'GET /v1/admin/models/stats': { may: KEYS },

  'GET /v1/admin/budgets': read(),
  'POST /v1/admin/budgets/reconcile': { may: UNSCOPED, body: () => ({}) },

  'GET /v1/admin/prices': read(),
  'PUT /v1/admin/prices/{type}/{model}': { ...change('price', () => ({ per_request: '1' })), makes: true },
  'DELETE /v1/admin/prices/{type}/{model}': change('price'),

  'GET /v1/admin/requests': { may: KEYS },
  'GET /v1/admin/requests/{id}': { may: KEYS, kind: 'record' },
  'GET /v1/admin/usage': { may: KEYS },
  'GET /v1/admin/audit': read(),
  'GET /v1/admin/audit/export': read(),
  'GET /v1/admin/audit/verify': read(),
  'GET /v1/admin/system': read(),
  'POST /v1/admin/system/reload': { may: UNSCOPED },
  'POST /v1/admin/system/rotate-keys': { may: ['master'], body: () => ({ which: 'webhooks' }) },
  'GET /v1/admin/system/webhook-secret': { may: UNSCOPED },
};

/** What becomes of a request for an object that is not the caller's; nothing said: it may all the same. */
const FOREIGN: Readonly<Partial<Record<Kind, (who: Who, isRead: boolean) => Outcome>>> = {
  called: (who) => (['member', 'viewer', 'scoped'].includes(who) ? 403 : 'done'),
  response: () => 404,
  record: (who) => (who === 'member' ? 404 : 'done'),
  // A key that holds more.
  key: (who, isRead) => (who === 'scoped' && !isRead ? 403 : 'done'),
};

/** What must become of a request. */
export function outcomeOf(operation: string, right: Right, who: Who, whose: Whose): Outcome {
  const { may, kind, makes } = right;
  if (who === 'nobody' || who === 'stranger') return 401;
  // That there is no such model is told to all.
  if (kind === 'called' && whose === 'missing') return 404;
  if (!may.includes(who)) return 403;
  if (kind === undefined) return 'done';
  if (whose === 'missing') return makes ? 'done' : 404;
  // It calls nothing, so that nothing of that kind is its own.
  const hasNone = who === 'viewer' && (kind === 'called' || kind === 'response');
  if (whose === 'own' && !hasNone) return 'done';
  return FOREIGN[kind]?.(who, operation.startsWith('GET ')) ?? 'done';
}

/** Values of a field that are a right: those a bounded admin may give, those it may not, and those nobody may. */
export interface FieldRights {
  readonly within: readonly unknown[];
  readonly beyond: readonly unknown[];
  readonly invalid?: readonly unknown[];
}

/** Every field of a key; null: it is no right. One that is not here fails the tests. */
export const KEY_FIELDS: Readonly<Record<string, FieldRights | null>> = {
  name: null,
  metadata: null,
  role: { within: ['member', 'viewer', 'admin'], beyond: [], invalid: ['master', 'owner'] },
  models: {
    within: [['a-1'], ['a-*', 'a-*-mini']],
    beyond: [null, [], ['*'], ['a*'], ['a-1', 'b-1'], ['*-1']],
  },
  limits: {
    within: [
      { rpm: 100_000, parallel: 1_000 },
      { rpm: 1, tpm: 1, parallel: 1 },
    ],
    beyond: [null, {}, { rpm: 100_001, parallel: 1 }, { rpm: 1, tpm: 1 }],
  },
  expires_at: {
    within: ['2099-01-01T00:00:00.000Z', '2098-12-31T23:59:59.999Z'],
    beyond: [null, '2099-01-01T00:00:00.001Z'],
  },
  allowed_ips: {
    within: [['127.0.0.0/8'], ['127.0.0.1', '::ffff:127.0.0.2']],
    beyond: [null, [], ['127.0.0.1', '10.0.0.1'], ['0.0.0.0/0']],
    invalid: [['localhost'], ['127.0.0.0/33']],
  },
  budget: {
    within: [{ usd: '99.5', period: 'day', mode: 'balanced' }],
    beyond: [
      null,
      { usd: '100.000000001', period: 'day', mode: 'balanced' },
      { usd: '1', period: 'month', mode: 'balanced' },
    ],
  },
  // The bounded admin has none of its own to go beyond.
  end_user_budget: { within: [{ usd: '1', period: 'day' }], beyond: [] },
  // It is in none.
  team_id: { within: [], beyond: [], invalid: ['team_none'] },
};
