/**
 * Who may import whom. A folder is listed with everything it may reach; what is not listed is an error.
 * `own` = our folders, `npm` = packages (regex on the resolved path), node's own modules are always allowed
 * except in `contract` and `providers`, which know no I/O.
 */
const GATEWAY = '^apps/gateway/src/';
const lib = (...names) => names.map((name) => `^libs/${name}/`);
const room = (...names) => names.map((name) => `${GATEWAY}${name}/`);
const npm = (...names) => names.map((name) => `node_modules/${name}(/|$)`);

const NEST = npm('@nestjs/common', '@nestjs/core');
const ENDPOINT = 'completions|embeddings|images|audio|moderations|rerank|responses|messages';
const ENDPOINT_MAY = [
  ...room('relay', 'auth', 'http'),
  ...lib('contract'),
  ...NEST,
  ...npm('@nestjs/platform-fastify', 'fastify', 'class-validator'),
];

const RULES = [
  { name: 'contract', from: '^libs/contract/', to: [...lib('contract')] },
  {
    name: 'providers',
    from: '^libs/providers/',
    to: [...lib('providers', 'contract'), ...npm('aws4', '@types/aws4')],
  },
  {
    name: 'dialects',
    from: '^libs/dialects/',
    to: lib('dialects', 'contract'),
    types: lib('providers'),
  },
  {
    name: 'upstream',
    from: '^libs/upstream/',
    to: [...lib('upstream', 'contract'), ...npm('undici')],
    types: lib('providers'),
    node: true,
  },
  { name: 'routing', from: '^libs/routing/', to: [...lib('routing', 'contract')], node: true },
  { name: 'metering', from: '^libs/metering/', to: [...lib('metering', 'contract')], node: true },
  {
    name: 'persistence',
    from: '^libs/persistence/',
    to: [
      ...lib('persistence', 'contract'),
      ...npm(
        '@prisma',
        'prisma',
        'pg',
        '@types/pg',
        '@electric-sql',
        'pglite-prisma-adapter',
        '@nestjs/common',
      ),
    ],
    types: lib('routing', 'metering'),
    node: true,
  },
  {
    name: 'coordination',
    from: '^libs/coordination/',
    to: [...lib('coordination', 'contract'), ...npm('ioredis', 'pg', '@types/pg')],
    types: lib('metering'),
    node: true,
  },
  {
    name: 'observability',
    from: '^libs/observability/',
    to: [...lib('observability'), ...npm('pino', 'prom-client')],
    node: true,
  },
  {
    name: 'config',
    from: `${GATEWAY}config/`,
    to: [
      ...room('config'),
      ...lib('contract'),
      ...NEST,
      ...npm('@nestjs/config', 'class-validator', 'class-transformer'),
    ],
    node: true,
  },
  {
    name: 'http',
    from: `${GATEWAY}http/`,
    to: [
      ...room('http'),
      // Each dialect has a shape of its own for errors.
      ...lib('contract', 'dialects', 'observability'),
      ...NEST,
      ...npm('@nestjs/platform-fastify', 'fastify', 'rxjs', 'class-validator'),
    ],
    node: true,
  },
  {
    name: 'auth, models, health',
    from: `${GATEWAY}(auth|models|health)/`,
    to: [
      ...room('auth', 'models', 'health', 'config', 'logging', 'database', 'http'),
      ...lib(
        'contract',
        'dialects',
        'providers',
        'routing',
        'metering',
        'persistence',
        'observability',
        'upstream',
      ),
      ...NEST,
      ...npm(
        '@nestjs/passport',
        '@nestjs/terminus',
        '@nestjs/platform-fastify',
        'fastify',
        'passport',
        'passport-headerapikey',
        'class-validator',
      ),
    ],
    node: true,
  },
  {
    name: 'relay',
    from: `${GATEWAY}relay/(?!relay\\.module\\.ts$)`,
    to: [
      ...room('relay', 'models'),
      ...lib('contract', 'dialects', 'providers', 'routing', 'metering', 'observability', 'upstream'),
    ],
    types: room('auth'),
    node: true,
  },
  {
    name: 'relay module',
    from: `${GATEWAY}relay/relay\\.module\\.ts$`,
    to: [
      ...room('relay', 'models', 'config', 'logging', 'tracing', 'http', 'replicas', 'workers'),
      ...lib('contract', 'metering', 'observability', 'persistence', 'upstream'),
      ...NEST,
    ],
    node: true,
  },
  {
    // Leases in memory, and the accounts in the database that they are drawn from.
    name: 'budgets',
    from: `${GATEWAY}budgets/`,
    to: [
      ...room('budgets', 'logging'),
      ...lib('contract', 'metering', 'persistence', 'observability'),
      ...NEST,
    ],
    node: true,
  },
  {
    name: 'logging',
    from: `${GATEWAY}logging/`,
    to: [...room('logging', 'config'), ...lib('observability'), ...NEST],
  },
  {
    name: 'metrics, tracing',
    from: `${GATEWAY}(metrics|tracing)/`,
    to: [
      ...room('metrics', 'tracing', 'config', 'logging'),
      ...lib('observability', 'metering', 'routing'),
      ...NEST,
    ],
    node: true,
  },
  {
    name: 'database',
    from: `${GATEWAY}database/`,
    to: [
      ...room('database', 'config', 'logging'),
      ...lib('persistence', 'observability', 'coordination'),
      ...NEST,
    ],
    node: true,
  },
  {
    // What is kept in memory, and the news that make it stale: the one room that knows both.
    name: 'replicas',
    from: `${GATEWAY}replicas/`,
    to: [
      // The keys of the database are in memory too.
      ...room('replicas', 'auth', 'models', 'database', 'config', 'logging', 'workers'),
      // Limits that gateways share.
      ...lib('coordination', 'metering', 'persistence', 'observability', 'routing'),
      ...NEST,
    ],
    node: true,
  },
  {
    // Several processes of one gateway, and the one that holds what there is once. It loads no gateway.
    name: 'workers',
    from: `${GATEWAY}workers/`,
    to: [
      ...room('workers', 'config'),
      `${GATEWAY}metrics/listen-for-metrics\\.ts$`,
      `${GATEWAY}(banner|stop-on-signal)\\.ts$`,
      ...lib('coordination', 'metering', 'observability'),
      ...NEST,
    ],
    node: true,
  },
  {
    // Answers that are kept: the one endpoint whose calls stand on earlier ones needs the database.
    name: 'stored responses',
    from: `${GATEWAY}stored-responses/`,
    to: [
      ...room('stored-responses', 'relay', 'auth', 'logging'),
      ...lib('contract', 'persistence', 'observability'),
      ...NEST,
    ],
  },
  {
    name: 'endpoints',
    from: `${GATEWAY}(?!responses/)(${ENDPOINT})/`,
    to: [`${GATEWAY}($1)/`, ...ENDPOINT_MAY],
  },
  {
    name: 'responses',
    from: `${GATEWAY}responses/`,
    to: [...room('responses', 'stored-responses'), ...ENDPOINT_MAY],
  },
  {
    name: 'admin',
    from: `${GATEWAY}admin/`,
    to: [
      ...room('admin', 'models', 'auth', 'http', 'config', 'database', 'replicas'),
      ...lib('contract', 'providers', 'routing', 'metering', 'persistence', 'observability', 'upstream'),
      ...NEST,
      ...npm('@nestjs/platform-fastify', 'fastify', 'class-validator', 'class-transformer'),
    ],
    node: true,
  },
  {
    // The configuration file is checked by the admin API's own rules, prices' units among them, and is laid into the
    // registry's snapshot.
    name: 'declaration',
    from: `${GATEWAY}declaration/`,
    to: [
      ...room('declaration', 'admin', 'models', 'auth', 'http', 'config', 'database', 'logging'),
      ...lib('contract', 'providers', 'metering', 'persistence', 'observability'),
      ...NEST,
      ...npm('class-validator', 'class-transformer', 'yaml'),
    ],
    node: true,
  },
  {
    // Webhooks: what is passed is in the database, and whoever is told lives where a provider might.
    name: 'alerts',
    from: `${GATEWAY}alerts/`,
    to: [
      ...room('alerts', 'config', 'database', 'logging', 'models', 'auth'),
      ...lib('contract', 'metering', 'observability', 'persistence', 'upstream'),
      ...NEST,
    ],
    node: true,
  },
  {
    // What is told of the gateway itself is asked of every part that has a state.
    name: 'system',
    from: `${GATEWAY}system/`,
    to: [
      ...room('system', 'admin', 'declaration', 'models', 'auth', 'http', 'config', 'database', 'replicas'),
      ...room('logging', 'workers'),
      ...lib('contract', 'metering', 'observability', 'persistence', 'routing'),
      ...NEST,
      ...npm('@nestjs/platform-fastify', 'fastify', 'class-validator'),
    ],
    node: true,
  },
  {
    name: 'openapi',
    from: `${GATEWAY}openapi/`,
    to: [
      ...room('openapi', 'auth', 'http'),
      ...NEST,
      ...npm('class-validator', 'class-validator-jsonschema', 'class-transformer'),
    ],
  },
  { name: 'sandbox', from: '^apps/sandbox/', to: ['^apps/sandbox/', ...lib('contract')], node: true },
];

const SPEC = '\\.spec\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'a-lib-has-one-door',
      comment: 'A lib is entered by its index.ts.',
      severity: 'error',
      from: { path: '^apps/', pathNot: SPEC },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)' },
    },
    {
      name: 'no-lib-crosses-into-another',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: SPEC },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: ['^libs/$1/'] },
    },
    {
      name: 'no-file-imports-its-own-index',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: SPEC },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'only-app-module-imports-an-endpoint',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: [`${GATEWAY}(${ENDPOINT})/`, `${GATEWAY}app\\.module\\.ts$`] },
      to: { path: `${GATEWAY}(${ENDPOINT})/` },
    },
    {
      name: 'a-provider-imports-no-other',
      severity: 'error',
      from: { path: '^libs/providers/src/([^/]+)/', pathNot: [SPEC, '^libs/providers/src/vertex/'] },
      to: {
        path: '^libs/providers/src/([^/]+)/',
        // Claude is asked at Anthropic's and elsewhere: its traits, and what its answers are made of, are in `claude/`.
        pathNot: ['^libs/providers/src/$1/', '^libs/providers/src/(openai-compatible|claude)/'],
      },
    },
    {
      name: 'vertex-is-two-others-elsewhere',
      comment:
        'Vertex AI is the wires of Gemini and Anthropic at another address: a copy of them would drift.',
      severity: 'error',
      from: { path: '^libs/providers/src/vertex/', pathNot: SPEC },
      to: {
        path: '^libs/providers/src/([^/]+)/',
        pathNot: '^libs/providers/src/(vertex|openai-compatible|gemini|anthropic)/',
      },
    },
    {
      name: 'rxjs-only-under-http',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [`${GATEWAY}http/`] },
      to: { path: 'node_modules/rxjs' },
    },
    {
      name: 'no-test-in-production',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPEC },
      to: { path: '^test/' },
    },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...RULES.map(({ name, from, to, types, node }) => ({
      name: `${name}-reaches-only-what-it-may`,
      severity: 'error',
      from: { path: from, pathNot: SPEC },
      to: { pathNot: [...to, ...(types ?? [])], ...(node ? { dependencyTypesNot: ['core'] } : {}) },
    })),
    ...RULES.filter((rule) => rule.types).map(({ name, from, types }) => ({
      name: `${name}-takes-types-only`,
      severity: 'error',
      from: { path: from, pathNot: SPEC },
      to: { path: types, dependencyTypesNot: ['type-only'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/generated/', '/assembly/', '^dist/', '/fixtures/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['pllm-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
