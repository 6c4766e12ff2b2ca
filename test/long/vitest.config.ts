import { defineConfig } from 'vitest/config';
import { sources } from '../vitest.config.js';

/** What takes minutes, on a Postgres of its own: not part of a build. */
export default defineConfig({
  ...sources,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'long',
    include: ['test/long/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    pool: 'forks',
    fileParallelism: false,
    disableConsoleIntercept: true,
    execArgv: ['--expose-gc'],
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
