import {
  COUNT,
  COUNT_OR_NULL,
  TEXT,
  TEXTS,
  TEXT_OR_NULL,
  TIME,
  TIME_OR_NULL,
  listOf,
  one,
  own,
} from './schema-words.js';

const CONFIGURATION = own({
  file: TEXT_OR_NULL,
  state: { enum: ['none', 'applied', 'refused'] },
  applied_at: TIME_OR_NULL,
  providers: COUNT,
  models: COUNT,
  prices: COUNT,
  teams: COUNT,
  in_place_of: own({ providers: TEXTS, models: TEXTS, prices: TEXTS, teams: TEXTS }),
  errors: TEXTS,
});

/** What the gateway tells of itself. */
export const SYSTEM = {
  System: own({
    object: one('system'),
    version: TEXT,
    node: TEXT,
    started_at: TIME,
    settings: listOf(own({ name: TEXT, source: TEXT, value: { type: ['string', 'number', 'null'] } })),
    database: own({ kind: TEXT, state: TEXT }),
    redis: own({ state: TEXT }),
    changes: own({ feeds: listOf(own({ name: TEXT, state: TEXT })), polled_at: TIME_OR_NULL }),
    replicas: COUNT,
    workers: COUNT,
    keys: COUNT,
    teams: COUNT,
    secret_keys: listOf(own({ name: TEXT, version: COUNT, under_old: COUNT_OR_NULL })),
    models: COUNT,
    spool: own({ records: COUNT, files: COUNT, bytes: COUNT, oldest_at: TIME_OR_NULL }),
    breakers: listOf(own({ name: TEXT, state: TEXT, since: TIME_OR_NULL })),
    configuration: CONFIGURATION,
  }),
  SystemKeyRotation: own({
    object: one('system.key_rotation'),
    which: TEXT,
    version: COUNT,
    resealed: COUNT,
  }),
  SystemWebhookSecret: own({ object: one('system.webhook_secret'), secret: TEXT, previous: TEXTS }),
  SystemReload: own({
    object: one('system.reload'),
    keys: COUNT,
    models: COUNT,
    configuration: CONFIGURATION,
  }),
} as const;
