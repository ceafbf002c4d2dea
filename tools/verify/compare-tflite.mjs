import { printHelp } from '../build/print-help.mjs';
import { litert, pythonVenv } from '../build/python-venv.mjs';
import { runTool } from '../build/setup.mjs';

/** `npm run compare:tflite -- [--update] [--json]`: see tflite/compare.ts. Brings TFLite's interpreter first. */
if (printHelp(import.meta.filename)) process.exit();
pythonVenv(litert);
await runTool('tools/tflite/compare.ts', process.argv.slice(2));
