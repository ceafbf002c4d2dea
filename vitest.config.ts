import { defineConfig } from 'vitest/config';

const conditions = ['@ghostc/source', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['tools/build/bundle-before-tests.mjs'],
    // by work, not by the clock: processes are limited where they are started (run-process.ts); this ends only what hangs
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    pool: 'forks',
    // most of the time goes to compilers and emulators, which run beside
    maxWorkers: '100%',
  },
});
