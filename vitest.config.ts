import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['@ghostc/source', 'module', 'import', 'default'];

/** Needs no compiler, browser or command, but takes more than some seconds. */
const sweeps = [
  'packages/compiler/src/{arena,ghostnet-family,ghostnet-reference,stream,wgsl-types}.test.ts',
  'packages/conformance/src/{broken/broken-engines,conform}.test.ts',
  'packages/ghostnet/src/build-ghost-resnet50-vgg16.test.ts',
  'packages/onnx/src/reference-models.test.ts',
  'packages/planner/src/{granule-bound,plan-memory}.test.ts',
  'packages/validation/src/random-*.test.ts',
];
const withTools = ['packages/runtimes/**/*.test.ts', ...sweeps];
/** Checks of the documents need no command. */
const documents = 'tools/docs/*.test.ts';
const withCommand = ['apps/**/*.test.ts', 'tools/**/*.test.ts'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // by work, not by the clock: processes are limited where they are started (run-process.ts); this ends only what hangs
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    pool: 'forks',
    // one more than cores: tests wait for compilers, emulators and time limits
    maxWorkers: availableParallelism() + 1,
    experimental: { fsModuleCache: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['packages/**/*.test.ts', documents],
          exclude: withTools,
          // plain functions: files share a process, which loads the packages once
          isolate: false,
        },
      },
      { extends: true, test: { name: 'tools', include: withTools } },
      {
        extends: true,
        test: {
          name: 'command',
          include: withCommand,
          exclude: [documents],
          globalSetup: ['tools/build/bundle-before-tests.mjs'],
        },
      },
    ],
  },
});
