import { join } from 'node:path';
import { bundleForNode } from './bundle-for-node.mjs';
import { root } from './setup.mjs';

/** Bundles the command into one file. */
export async function buildCli() {
  const outfile = join(root, 'apps/cli/dist/ghostc.mjs');
  const command = { firstLine: '#!/usr/bin/env node\n', mode: 0o755 };
  await bundleForNode(join(root, 'apps/cli/src/main.ts'), outfile, command);
  return outfile;
}

if (process.argv[1]?.endsWith('build-cli.mjs')) await buildCli();
