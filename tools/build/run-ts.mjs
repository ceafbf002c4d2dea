import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleForNode } from './bundle-for-node.mjs';
import { printHelp } from './print-help.mjs';
import { root } from './setup.mjs';

/**
 * Bundles a TypeScript file against the live sources and imports it: `node tools/build/run-ts.mjs FILE [ARGS]`. It runs in this
 * process, so that a signal ends it at once. The bundle stays in node_modules/.run-ts, where the next run replaces it.
 */
const [file] = process.argv.slice(2);
const outfile = join(
  root,
  'node_modules/.run-ts',
  `${relative(root, resolve(file)).replace(/\W+/g, '-')}.mjs`,
);
if (!printHelp(file)) {
  await bundleForNode(file, outfile);
  await import(pathToFileURL(outfile).href);
}
