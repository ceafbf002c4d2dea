import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CProgram } from '@ghostc/compiler';
import { CompileError, numElements, type Tensor } from '@ghostc/ir';
import { runCBatch } from '@ghostc/runtimes';
import type { Case, Progress } from '../case.ts';
import { judge, type Outcome } from '../outcome.ts';
import { pythonWith } from './python-with.ts';

/** Its version. */
export const EMX = 'emx-onnx-cgen==1.4.0';

/** The C that emx-onnx-cgen makes of each model, built and run as ours is. */
export async function runEmx(cases: readonly Case[], progress: Progress): Promise<void> {
  const python = pythonWith(EMX);
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-emx-'));
  try {
    cases.forEach((one, i) => writeModel(one, join(folder, `emx_${i}`)));
    await generate(python, folder, (name) => progress(`emx ${name}/${cases.length}`));
    await runAll(cases, folder, progress);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeModel({ test, read }: Case, stem: string): void {
  writeFileSync(`${stem}.onnx`, test.model as Uint8Array);
  const inputs = test.sets[0]?.inputs.length ? test.sets[0].inputs : [...(read?.inputs[0]?.values() ?? [])];
  writeFileSync(`${stem}.json`, JSON.stringify(inputs.map(({ shape }) => shape)));
}

function generate(python: string, folder: string, done: (name: string) => void): Promise<void> {
  const script = join(process.cwd(), 'tools/conformance/peers/emx.py');
  const child = spawn(python, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', done);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${script} ended with ${signal ?? code}`)),
    );
  });
}

interface Built {
  readonly one: Case;
  readonly program: CProgram;
  readonly inputs: readonly ReadonlyMap<string, Tensor>[];
}

async function runAll(cases: readonly Case[], folder: string, progress: Progress): Promise<void> {
  const built = cases.flatMap((one, i): Built[] => {
    const stem = join(folder, `emx_${i}`);
    if (hasNoCType(one)) {
      one.settle('emx', { status: 'refused', reason: 'the harness has no C type for f8e8m0' });
      return [];
    }
    if (existsSync(`${stem}.c`)) return [{ one, program: programOf(one, stem, i), inputs: inputsOf(one) }];
    one.settle('emx', { status: 'refused', reason: firstLine(readFileSync(`${stem}.err`, 'utf8')) });
    return [];
  });
  progress(`emx: compiling and running ${built.length} programs`);
  const results = await runCBatch(built);
  built.forEach(({ one, program }, i) => {
    one.settle('emx', outcomeOf(one, program, results[i]));
  });
}

function hasNoCType({ test }: Case): boolean {
  return test.sets.some(({ inputs, outputs }) =>
    [...inputs, ...outputs].some(({ dtype }) => dtype === 'f8e8m0'),
  );
}

function outcomeOf(
  one: Case,
  { outputs }: CProgram,
  result: readonly ReadonlyMap<string, Tensor>[] | CompileError | undefined,
): Outcome {
  if (result instanceof CompileError) return failure(result);
  return judge(
    one.run(one.read),
    (result ?? []).map((set) => outputs.map(({ name }) => set.get(name))),
  );
}

/** C that this compiler does not take is no wrong result. */
function failure({ detail }: CompileError): Outcome {
  const error = /error: (.*)/.exec(detail);
  if (error) return { status: 'refused', reason: `its C does not compile here: ${error[1]?.slice(0, 120)}` };
  return { status: 'failed', reason: firstLine(detail) };
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}

type Slot = CProgram['inputs'][number];

/** C's parameters by number: an ONNX model may call inputs and outputs alike. */
function slots(kind: string, tensors: readonly Tensor[]): Slot[] {
  return tensors.map(({ dtype, shape }, i) => ({
    name: `${kind}${i}`,
    dtype,
    shape,
    elements: numElements(shape),
  }));
}

function inputsOf({ test, read, inputNames }: Case): ReadonlyMap<string, Tensor>[] {
  return test.sets.map(({ inputs }, i) => {
    const given = inputNames.flatMap((name, k) => inputs[k] ?? read?.inputs[i]?.get(name) ?? []);
    return new Map(given.map((tensor, k) => [`in${k}`, tensor]));
  });
}

/** A program with our interface around its C. It takes all inputs, then all outputs, as pointers to arrays. */
function programOf(one: Case, stem: string, i: number): CProgram {
  const name = `peer_${i}`;
  const inputs = slots('in', [...(inputsOf(one)[0]?.values() ?? [])]);
  const outputs = slots('out', one.test.sets[0]?.outputs ?? []);
  const parameters = [
    ...inputs.map(({ name }) => `const void *${name}`),
    ...outputs.map(({ name }) => `void *${name}`),
  ];
  const prototype = `int ${name}_run(${['unsigned char *arena', ...parameters].join(', ')})`;
  const source = `emx_${i}`;
  const call = `${source}(${[...inputs, ...outputs].map(({ name }) => name).join(', ')})`;
  // its weights are global: many programs are linked into one
  const text = readFileSync(`${stem}.c`, 'utf8').replaceAll(/\bweight\d+_\w*/g, `${source}_$&`);
  const files = new Map<string, string | Uint8Array>([
    [`${name}.h`, header(name.toUpperCase(), prototype)],
    [`${name}.c`, text + wrapper({ name, prototype, source, call })],
  ]);
  if (existsSync(`${stem}.bin`)) files.set(`${source}.bin`, readFileSync(`${stem}.bin`));
  const empty = { arenaBytes: 16, arenaGap: 0, streams: [], peaks: [], weightBytes: 0, layers: [] };
  return { name, files, inputs, outputs, ...empty } as unknown as CProgram; // what the harness reads of it
}

function header(NAME: string, prototype: string): string {
  return `#define ${NAME}_ARENA_SIZE 16\n#define ${NAME}_ARENA_ALIGN 16\n${prototype};\n`;
}

/** It runs in the folder of its weights. */
function wrapper({ name, prototype, source, call }: Readonly<Record<string, string>>): string {
  return `
#include "${name}.h"
${prototype} {
  (void)arena;
  if (!${source}_load("../${source}.bin")) return 1;
  ${call};
  return 0;
}
`;
}
