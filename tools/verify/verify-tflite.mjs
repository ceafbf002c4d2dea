import { litert, pythonVenv, vela } from '../build/python-venv.mjs';
import { runTool } from '../build/setup.mjs';

/** `npm run verify:tflite -- [--model FILE]... [--only KIND] [--json]`: see verify-tflite.ts. Brings LiteRT and Vela first. */
if (!process.argv.includes('--help')) {
  const folder = pythonVenv(litert, vela);
  process.env.GHOSTC_VENV = folder;
  process.env.GHOSTC_LITERT_PYTHON = `${folder}/python`;
}
await runTool('tools/verify/verify-tflite.ts', process.argv.slice(2));
