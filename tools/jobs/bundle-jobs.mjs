import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCli } from '../build/build-cli.mjs';
import { bundleForNode } from '../build/bundle-for-node.mjs';
import { root } from '../build/setup.mjs';

/**
 * Bundles what a worker of the tools runs, and the command that its jobs call. Returns the file, and the hash
 * of both: equal hashes mean equal results. The file has the hash in its name, since a thread may load it
 * again after sources have changed.
 */
async function bundleJobs() {
  const command = await buildCli();
  const folder = join(root, 'node_modules/.run-ts/jobs');
  const fresh = join(folder, `${process.pid}.mjs`);
  await bundleForNode(join(root, 'tools/jobs/job-kinds.ts'), fresh);
  const hash = createHash('sha256');
  for (const file of [fresh, command]) hash.update(readFileSync(file));
  const code = hash.digest('hex');
  const file = join(folder, `${code}.mjs`);
  renameSync(fresh, file);
  return { file, code };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await bundleJobs()));
