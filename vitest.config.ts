import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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
/** Watches the memory of its process, which other files may not share. */
const watching = 'tools/fuzz/run-target.test.ts';
const withTools = ['packages/runtimes/**/*.test.ts', ...sweeps];
/** Checks of the documents need no command. */
const documents = 'tools/docs/*.test.ts';
const withCommand = ['apps/**/*.test.ts', 'tools/**/*.test.ts'];

/** The longest, in order: begun last, one of them would keep one core busy while the other waits. */
const longest = [
  'reference-models',
  'cases',
  'documents/blocks',
  'runtime-table',
  'c-warnings',
  'python-package',
  'quantized-models',
  'quantized-conformance',
  'hostile',
  'wgsl-kernels',
  'c-safety',
  'quantized-wgsl',
  'prepare-c',
  'mutation',
].map((name) => `/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((end) => moduleId.endsWith(end));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
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
      // files share a process here too: loading the packages anew takes two seconds of each
      { extends: true, test: { name: 'tools', include: withTools, isolate: false } },
      { extends: true, test: { name: 'watching', include: [watching] } },
      {
        extends: true,
        test: {
          name: 'command',
          include: withCommand,
          exclude: [documents, watching],
          // their work is in processes that they start
          isolate: false,
          globalSetup: ['tools/build/bundle-before-tests.mjs'],
        },
      },
    ],
  },
});
