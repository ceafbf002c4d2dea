import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli } from '../build/build-cli.mjs';
import { exitCodeOf, root } from '../build/setup.mjs';

/** docs/arena.svg, the arena of the trained GhostNet on Cortex-M4, from a report of `ghostc profile`: `npm run docs:picture`. */
const model = join(root, 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx');
const folder = mkdtempSync(join(tmpdir(), 'ghostc-'));
try {
  const args = [await buildCli(), 'profile', model, '--device', 'cortex-m4', '--report', folder];
  process.exitCode = await exitCodeOf(process.execPath, args);
  const page = readFileSync(join(folder, 'profile.html'), 'utf8');
  const picture = page.slice(page.lastIndexOf('<svg'), page.lastIndexOf('</svg>') + '</svg>'.length);
  const white = picture.replace('>', '><rect width="100%" height="100%" fill="#fff"/>');
  writeFileSync(join(root, 'docs/arena.svg'), `${white}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
