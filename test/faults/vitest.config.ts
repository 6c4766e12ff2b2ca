import { defineConfig } from 'vitest/config';
import { sources } from '../vitest.config.js';

/** Figures in milliseconds and bytes: one file after the other, on a machine that does nothing else. */
export default defineConfig({
  ...sources,
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'faults',
    include: ['test/faults/**/*.spec.ts'],
    setupFiles: ['reflect-metadata'],
    globalSetup: ['test/support/databases.ts'],
    pool: 'forks',
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
