import { litert, pythonVenv } from '../build/python-venv.mjs';
import { runTool } from '../build/setup.mjs';

/** `npm run verify:int8 -- [PART...]`: see verify-int8.ts. Brings TFLite's interpreter first, for the part that needs it. */
const args = process.argv.slice(2);
const parts = args.filter((arg) => /^[a-z]+$/.test(arg) && !args[args.indexOf(arg) - 1]?.startsWith('--'));
if (!args.includes('--help') && (parts.length === 0 || parts.includes('tflite'))) pythonVenv(litert);
await runTool('tools/verify/verify-int8.ts', args);
