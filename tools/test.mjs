import { join } from 'node:path';
import { root, run, setup } from './setup.mjs';

/** Sets up, bundles the command that some tests run, then runs every test. */
setup();
const { buildCli } = await import('./build-cli.mjs');
await buildCli();
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
