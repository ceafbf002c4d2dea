import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pythonVenv } from './python-venv.mjs';
import { root } from './setup.mjs';

/** `npm run compare:tflite -- [--update] [--json]`: see tflite/compare.ts. Brings TFLite's interpreter first. */
pythonVenv('ai-edge-litert==2.3.0');
const { status } = spawnSync(
  process.execPath,
  [join(root, 'tools/run-ts.mjs'), join(root, 'tools/tflite/compare.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
