import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Bundles the command that some tests run, once and before all of them. */
export default function bundleBeforeTests(): void {
  const script = join(import.meta.dirname, 'build-cli.mjs');
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${script} failed (exit code ${status})`);
}
