import { printHelp } from '../build/print-help.mjs';
import { runTests } from '../build/setup.mjs';

/**
 * `npm run verify:f16`: WGSL with f16 matrices in Deno, on every module and on the large reference models of ../shared/models
 * too, which the test suite leaves out.
 */
if (printHelp(import.meta.filename)) process.exit();
await runTests(['--reporter=verbose', 'packages/runtimes/src/wgsl/wgsl-f16.test.ts'], {
  ...process.env,
  GHOSTC_LARGE: '1',
});
