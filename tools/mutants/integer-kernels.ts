import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CProgram, compileC, type Device } from '@ghostc/compiler';
import {
  caseGraph,
  compareTensors,
  exact,
  quantizedSuites,
  seededInputs,
  type Tensors,
} from '@ghostc/conformance';
import { CompileError, type Graph, itemAt } from '@ghostc/ir';
import { buildC, cDevice, runC } from '@ghostc/runtimes';
import { cOperators, type EditOperator, swap } from './edit-operators.ts';
import { spread } from './mutant.ts';

/**
 * Breaks the integer kernels of microcontrollers in one line at a time, and asks whether the cases of the conformance suite
 * find it in the emulator, bit for bit:
 *
 *   npm run mutants:integer [-- --devices cortex-m0plus,cortex-m33,cortex-m55,rv32imc] [--count 40] [--part 1/1] [--only TEXT]
 *
 * `--count` mutants a device, spread over its kernels; `--part 2/8` is the second eighth of those, so that a run of all can be done
 * in pieces; `--only` asks those whose name has TEXT. A fault that does not compile is none, nor is one of which the compiler makes the same machine code: lines of another
 * instruction set. Leaves with 1 where one lives.
 */
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    devices: { type: 'string', default: 'cortex-m0plus,cortex-m33,cortex-m55,rv32imc' },
    count: { type: 'string', default: '40' },
    part: { type: 'string', default: '1/1' },
    only: { type: 'string', default: '' },
  },
});

const operators: readonly EditOperator[] = [
  ...cOperators.filter(({ name }) => name !== 'last iteration missed'),
  {
    name: 'last iteration missed',
    change: swap(
      /< (\d+); (\w+)(\+\+| \+= (\d+))/,
      (_, n, i, step, by) => `< ${Number(n) - Number(by ?? 1)}; ${i}${step}`,
    ),
  },
  { name: 'shifted by one more', change: swap(/>> (\d+)/, (_, n) => `>> ${Number(n) + 1}`) },
  { name: 'element after it', change: swap(/\[(\d+)\]/, (_, n) => `[${Number(n) + 1}]`) },
  {
    name: 'lane too many',
    change: swap(/\b0x([0-9a-f]+)\)/, (_, n) => `0x${(Number(`0x${n}`) ^ 8).toString(16)})`),
  },
  { name: 'sum of another', change: swap(/\ba1\b(?=,|;| \+)/, () => 'a0') },
  {
    name: 'store left out',
    change: (line) => (/^\s*(vstr|\*y\w* = |y\w*\[\d+\] = )/.test(line) ? '' : undefined),
  },
  { name: 'last ones missed', change: swap(/(vctp\d+q)\((\d+)\)/, (_, f, n) => `${f}(${Number(n) - 1})`) },
];

interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly program: CProgram;
}

/** Layers with products, maxima and pairs: what the kernels of a device are for. */
function casesFor(device: Device): Case[] {
  const cases = quantizedSuites.flatMap((suite) =>
    suite.cases.map((one) => ({ ...one, name: `${suite.name}/${one.name}` })),
  );
  return cases.flatMap((one) => {
    const graph = caseGraph(one);
    if (
      ![...graph.nodes()].some(({ op }) =>
        /^(max_pool$|qlinear_(conv2d|depthwise|fully|add|sub|mul))/.test(op),
      )
    )
      return [];
    return [{ name: one.name, graph, program: compileC(graph, { device, name: 'm' }) }];
  });
}

/** A line of the generated C, whatever the numbers in it, changed wherever a kernel has it. */
interface Mutant {
  readonly name: string;
  readonly change: Change;
  readonly cases: readonly Case[];
}

/** Mutants of kernels and of what they depend on. */
function mutantsOf(cases: readonly Case[]): Mutant[] {
  return operators.flatMap(({ name, change }) => {
    const broken = (line: string): boolean => change(line) !== undefined;
    const shapes = new Map<string, Case[]>();
    for (const one of cases)
      for (const shape of new Set(kernelLines(sourceOf(one.program)).filter(broken).map(shapeOf)))
        shapes.set(shape, [...(shapes.get(shape) ?? []), one]);
    return [...shapes].map(([shape, having]) => ({
      name: `${name}: ${shape}`,
      cases: having,
      change: (source: string) =>
        editLines(source, (line) => (shapeOf(line) === shape ? (change(line) ?? line) : line)),
    }));
  });
}

const shapeOf = (line: string): string => line.trim().replace(/\d+/g, '#');

const functions = /^((?:KERNEL|INLINED|static inline) [^;{}]*\)\n\{\n)([\s\S]*?)^\}\n/gm;

function kernelLines(source: string): string[] {
  return [...source.matchAll(functions)].flatMap(([, , body = '']) => body.split('\n'));
}

function editLines(source: string, edit: (line: string) => string): string {
  return source.replace(
    functions,
    (_, head: string, body: string) => `${head}${body.split('\n').map(edit).join('\n')}}\n`,
  );
}

type Change = (source: string) => string;

function changed({ program }: Case, change: Change): CProgram {
  return { ...program, files: new Map([...program.files, ['m.c', change(sourceOf(program))]]) };
}

const sourceOf = ({ files }: CProgram): string => String(files.get('m.c'));

async function outputsOf({ graph }: Case, program: CProgram, device: Device): Promise<Tensors> {
  const runs = await runC(program, device, [seededInputs(graph, 1)], { timeout: 8 });
  return itemAt(runs, 0).outputs;
}

interface Right {
  readonly outputs: Tensors;
  readonly code: Buffer;
}

const rights = new Map<Case, Promise<Right>>();

/** The unbroken case; run once. */
function rightOf(one: Case, device: Device): Promise<Right> {
  const right = rights.get(one) ?? makeRight(one, device);
  rights.set(one, right);
  return right;
}

async function makeRight(one: Case, device: Device): Promise<Right> {
  return {
    outputs: await outputsOf(one, one.program, device),
    code: await machineCode(one.program, device),
  };
}

type Verdict = 'none' | 'same' | 'lives' | 'found';

/** Does a case find it? None: it does not compile; same: it is the same machine code. */
async function judged(one: Case, device: Device, change: Change): Promise<Verdict> {
  const { outputs: expected, code } = await rightOf(one, device);
  const program = changed(one, change);
  try {
    if (code.equals(await machineCode(program, device))) return 'same';
  } catch (error) {
    if (!(error instanceof CompileError && error.code === 'tool/failed')) throw error;
    return 'none';
  }
  try {
    const outputs = await outputsOf(one, program, device);
    const differs = [...expected].some(
      ([name, tensor]) => compareTensors(tensor, outputs.get(name), exact).maxAbs !== 0,
    );
    return differs ? 'found' : 'lives';
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return 'found';
  }
}

/** Of the parts that are as long as each other, the one that was asked for. */
function partOf<T>(list: readonly T[]): readonly T[] {
  const [part = 1, of = 1] = values.part.split('/').map(Number);
  return list.filter((_, i) => i % of === part - 1);
}

async function machineCode(program: CProgram, device: Device): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-mutant-'));
  try {
    await buildC(program, { device: cDevice(device), folder, extraFlags: [] });
    return readFileSync(join(folder, 'm.o'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Cases that are asked before a mutant is said to live. */
const ASKED = 40;

/** The strongest word of all cases that are asked. */
async function verdictOf({ cases, change }: Mutant, device: Device): Promise<Verdict> {
  let verdict: Verdict = 'none';
  for (const one of spread(cases, ASKED)) {
    const next = await judged(one, device, change);
    if (next === 'found') return next;
    if (next === 'lives' || verdict === 'none') verdict = next;
  }
  return verdict;
}

/** The first few. */
function namesOf(cases: readonly Case[]): string {
  const rest = cases.length - SHOWN;
  const names = cases.slice(0, SHOWN).map(({ name }) => name);
  return `in ${[...names, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')}`;
}

const SHOWN = 5;

async function tryDevice(device: Device): Promise<number> {
  const mutants = mutantsOf(casesFor(device)).filter(({ name }) => name.includes(values.only));
  const verdicts = { found: 0, lives: 0, none: 0, same: 0 };
  for (const mutant of partOf(spread(mutants, Number(values.count)))) {
    const verdict = await verdictOf(mutant, device);
    verdicts[verdict]++;
    if (verdict === 'lives') console.log(`lives: ${device}: ${mutant.name}\n  ${namesOf(mutant.cases)}`);
  }
  const { found, lives, none, same } = verdicts;
  console.log(
    `${device}: ${mutants.length} places, ${found} found, ${lives} live, ${none} do not compile, ${same} are the same machine code`,
  );
  return lives;
}

let living = 0;
for (const device of values.devices.split(',')) living += await tryDevice(device as Device);
process.exitCode = living ? 1 : 0;
