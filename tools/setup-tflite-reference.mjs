import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup.mjs';

/**
 * Makes .venv-tflite with TFLite's interpreter, which some tests hold the reader against: `node tools/setup-tflite-reference.mjs`.
 * The tests find it there, or in the python3 on the PATH.
 */
const python = join(root, '.venv-tflite/bin/python');
if (!existsSync(python)) run('python3', ['-m', 'venv', '.venv-tflite']);
run(python, ['-m', 'pip', 'install', '--quiet', 'ai-edge-litert==2.3.0']);
