import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/**
 * The bundled command, loaded once, for `warm-command.ts`: a call is a line of JSON on standard input, its answer one on file 3.
 * No call may change what the next one prints: warm-command.test.ts compares the two ways of calling.
 */
const bundle = process.argv[2];
const said = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'])
  process[name].write = (chunk, encoding, done = encoding) => {
    said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };

const argv = (args) => [process.execPath, bundle, ...args];
process.argv = argv(['--version']);
const { main } = await import(pathToFileURL(bundle).href);

async function answer({ cwd, args }) {
  Object.assign(said, { stdout: '', stderr: '' });
  process.exitCode = undefined;
  process.argv = argv(args);
  process.chdir(cwd);
  await main(process.argv);
  await new Promise(setImmediate);
  return { status: process.exitCode ?? 0, ...said };
}

for await (const line of createInterface({ input: process.stdin }))
  writeSync(3, `${JSON.stringify(await answer(JSON.parse(line)))}\n`);
process.exit(0);
