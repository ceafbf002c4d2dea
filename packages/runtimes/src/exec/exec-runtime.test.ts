import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Runtime, seededInputs } from '@ghostc/conformance';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { expect, test } from 'vitest';
import { makeTempFolder } from '../process/temp-folder.ts';
import { execRuntime } from './exec-runtime.ts';

const graph = parseGraph('graph @g(%x: f32[2,3])\n  %y = neg %x\n  return %y', { registry });
const { path: folder } = await makeTempFolder();

/** An engine that answers every load, and every run by what `run` makes of the tensors' bytes. */
function engine(name: string, run: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { readSync, writeSync } from 'node:fs';
const read = (size) => {
  const all = Buffer.alloc(size);
  for (let have = 0, n; have < size; have += n) {
    n = readSync(0, all, have, size - have, null);
    if (n === 0) process.exit();
  }
  return all;
};
const line = () => {
  for (let text = ''; ; ) {
    const char = read(1).toString();
    if (char === '\\n') return text;
    text += char;
  }
};
const write = (word, ...parts) => {
  writeSync(1, \`\${word} \${parts.length}\\n\`);
  for (const part of parts) {
    writeSync(1, \`\${part.length}\\n\`);
    writeSync(1, part);
  }
};
for (;;) {
  const [word, count] = line().split(' ');
  const parts = Array.from({ length: Number(count) }, () => read(Number(line())));
  if (word === 'load') write('ok');
  else { ${run} }
}`,
  );
  return `${process.execPath} ${file}`;
}

const once = async (runtime: Runtime) => {
  const executable = await runtime.prepare(graph);
  return executable.run(seededInputs(graph, 1));
};

test('tensors go to the engine and back by name', async () => {
  const inputs = seededInputs(graph, 1);
  const outputs = await once(execRuntime(engine('echo', "write('ok', ...parts)"), { timeout: 20 }));
  expect(outputs.get('y')).toEqual(inputs.get('x'));
});

test.each([
  ['refuses', "write('refused', Buffer.from('no Neg'))", 'error[engine/refused]: no Neg'],
  ['errs', "write('error', Buffer.from('no memory'))", 'error[engine/error]: no memory'],
  ['exits', "console.error('out of luck'); process.exit(3)", 'left with code 3'],
  ['crashes', "process.kill(process.pid, 'SIGSEGV'); for (;;);", 'died of SIGSEGV'],
  [
    'prints',
    "console.log('hello there')",
    'expected a line WORD COUNT on standard output, found "hello there"',
  ],
  ['truncates', "writeSync(1, 'ok 1\\n9\\nabc'); process.exit()", 'the output ended after 3 of 9 bytes'],
  ['is-huge', "writeSync(1, 'ok 1\\n9999999999\\n')", 'expected a length of at most'],
  ['forgets', "write('ok')", 'expected 1 outputs, found 0'],
  ['hangs', 'for (;;);', 'did not answer within 2 s'],
])('an engine that %s', async (name, run, words) => {
  const runtime = execRuntime(engine(name, run), { timeout: name === 'hangs' ? 2 : 20 });
  await expect(once(runtime)).rejects.toThrow(words);
});

test('what an engine that died had to say is told, and the next model gets a new process', async () => {
  const runtime = execRuntime(engine('dies', "console.error('out of luck'); process.exit(3)"), {
    timeout: 20,
  });
  await expect(once(runtime)).rejects.toThrow('out of luck');
  await expect(runtime.prepare(graph)).resolves.toBeDefined();
});

test('an engine that closes its output and stays is not waited for', async () => {
  const command = `exec ${engine('closes', '(await import("node:fs")).closeSync(1); for (;;);')}`;
  await expect(once(execRuntime(command, { timeout: 4 }))).rejects.toThrow('error[engine/');
});

test.each([
  ['copies', 'cp {inputs}/input_0.pb {outputs}/output_0.pb', undefined],
  ['refuses', 'test -s {model} && echo no Neg >&2 && exit 77', 'error[engine/refused]: no Neg'],
  ['fails', 'exit 4 # {model}', 'left with code 4'],
  ['writes nothing', 'true {outputs}', 'expected 1 outputs, found 0'],
])('a command with files that %s', async (_, command, words) => {
  const outcome = once(execRuntime(command, { timeout: 20 }));
  if (words) await expect(outcome).rejects.toThrow(words);
  else expect((await outcome).get('y')).toEqual(seededInputs(graph, 1).get('x'));
});
