import { defineConfig } from 'vitest/config';

const conditions = ['@ghostc/source', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['tools/bundle-before-tests.mjs'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // most of the time goes to compilers and emulators, which run beside
    maxWorkers: '100%',
  },
});
