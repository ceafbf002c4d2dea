import { litert, pythonVenv } from '../build/python-venv.mjs';
import { runTool } from '../build/setup.mjs';

/** `npm run compare:tflite -- [--update] [--json]`: see tflite/compare.ts. Brings TFLite's interpreter first. */
pythonVenv(litert);
await runTool('tools/tflite/compare.ts', process.argv.slice(2));
