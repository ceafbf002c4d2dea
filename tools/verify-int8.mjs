import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pythonVenv } from './python-venv.mjs';
import { root } from './setup.mjs';

/** `npm run verify:int8 -- [PART...]`: see verify-int8.ts. Brings TFLite's interpreter first, for the part that needs it. */
const args = process.argv.slice(2);
const parts = args.filter((arg) => /^[a-z]+$/.test(arg) && !args[args.indexOf(arg) - 1]?.startsWith('--'));
if (!args.includes('--help') && (parts.length === 0 || parts.includes('tflite')))
  pythonVenv('ai-edge-litert==2.3.0');
const { status } = spawnSync(
  process.execPath,
  [join(root, 'tools/run-ts.mjs'), join(root, 'tools/verify-int8.ts'), ...args],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
