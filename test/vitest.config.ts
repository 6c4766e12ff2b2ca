import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longest-first.js';
import { makeMemoryFolder } from './support/memory-folder.js';

/** The source condition of package.json's `imports`: tests run the sources, not the build. */
const conditions = ['pllm-source'];

export const sources = {
  oxc: false as const,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Nest's constructor injection needs decorator metadata, which only SWC writes.
  plugins: [
    swc.vite({
      tsconfigFile: false,
      swcrc: false,
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      },
    }),
  ],
};

const root = new URL('..', import.meta.url).pathname;

// Of the run and all that it starts.
const memory = makeMemoryFolder();
if (memory !== undefined) process.env.TMPDIR = memory;

/** On a real Postgres only what its being one can change: the rest has been run by then, on the embedded database. */
const isOnPostgres = process.env.PLLM_TEST_DATABASE === 'postgres';
/** Limits of several processes are counted by another one. */
const hasWorkers = Number(process.env.PLLM_WORKERS || '1') > 1;
const EVERYTHING = ['test/{e2e,conformance,specification}/**/*.spec.ts'];
const WITHOUT_DATABASE = [
  'admin-providers',
  'anthropic',
  'auth-routes',
  'balancer',
  'bedrock',
  'bodies.*',
  'capabilities',
  'chat',
  'cohere',
  'commit-gate',
  'compose',
  'configuration-commands',
  'configuration-file',
  'costs',
  'edge-*',
  'errors*',
  'gemini',
  'lifecycle',
  ...(hasWorkers ? [] : ['limits']),
  'messages',
  'metrics',
  'models',
  'openapi',
  'overload',
  'prices',
  'providers*',
  'refusals',
  'responses',
  'rights',
  'routing',
  'secret-keys',
  'start',
  'streams',
  'teams',
  'tracing',
  'uploads',
  'vertex',
  'wire',
];

export default defineConfig({
  // The global set-up runs outside of the projects, and from the sources too.
  ...sources,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...sources,
        root,
        test: {
          name: 'unit',
          include: ['{apps,libs,test/support}/**/*.spec.ts', 'test/bench/*.spec.mjs'],
          setupFiles: ['reflect-metadata'],
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        ...sources,
        root,
        test: {
          name: 'e2e',
          include: isOnPostgres ? ['test/e2e/**/*.spec.ts'] : EVERYTHING,
          exclude: isOnPostgres ? WITHOUT_DATABASE.map((name) => `test/e2e/${name}.spec.ts`) : [],
          setupFiles: ['reflect-metadata'],
          globalSetup: ['test/support/databases.ts'],
          pool: 'forks',
          // The gateway is read once by each worker, not once by each file: that is half of all the time.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
