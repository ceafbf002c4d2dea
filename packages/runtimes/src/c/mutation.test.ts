import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CProgram } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import {
  type ConformanceCase,
  caseGraph,
  compareTensors,
  seededInputs,
  suites,
  type Tensors,
} from '@ghostc/conformance';
import { type BoundedOutput, boundedRun } from '@ghostc/interpreter';
import { CompileError, fromNumbers, type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';
import { makeTempFolder } from '../process/temp-folder.ts';
import { oneCopy, runCBatch } from './c-batch.ts';
import { cDevice } from './c-device.ts';
import { mutantsOf } from './mutations.ts';

/**
 * Cases of every family of kernels, with sizes that run their tails. Softmax is not among them: its search for the maximum
 * only keeps exponents small, and a mutant of it computes the same.
 */
const subjects = [
  'conv2d/pointwise',
  'conv2d/grouped',
  'conv2d/dilated',
  'unary/hard_swish',
  'unary/leaky_relu',
  'unary/elu',
  'binary/sub',
  'binary/div',
  'binary/broadcast-channel',
  'pool/average-pads',
  'pool/max',
  'pool/average-include-pad',
  'reduction/mean-channel',
  'reduction/sum-all',
  'unary/sigmoid',
  'unary/hard_sigmoid',
  'reduction/resize-linear',
  'linear/fully-connected-odd',
  'depthwise_conv2d/5x5-stride2',
  'linear/matmul-batch',
  'conv2d/wide-kernel',
  'conv2d/filtered-squares',
];

const cases = suites.flatMap((suite) => suite.cases);

interface Subject {
  readonly one: ConformanceCase;
  readonly graph: Graph;
  readonly inputs: Tensors;
  readonly oracle: ReadonlyMap<string, BoundedOutput>;
}

function subject(name: string): Subject {
  const one = cases.find((candidate) => candidate.name === name);
  if (!one) throw new Error(`there is no case ${name}`);
  const graph = caseGraph(one);
  const inputs = seededInputs(graph, 7);
  return { one, graph, inputs, oracle: boundedRun(graph, inputs) };
}

/** What a comparison by derived bounds says about some outputs. */
function problemOf({ graph, oracle }: Subject, results: Tensors): string | undefined {
  for (const { name, value } of graph.outputs) {
    const { value: exact, bound } = oracle.get(name) as BoundedOutput;
    const expected = fromNumbers(value.type.dtype, exact.shape, toNumbers(exact));
    const unit = 2 ** -24;
    const rounded = bound.map((e, i) => e + unit * Math.abs(Number(toNumbers(exact)[i])));
    const { pass, problem } = compareTensors(expected, results.get(name), {
      relative: 0,
      absolute: 0,
      bound: rounded,
      reason: 'derived',
    });
    if (!pass) return problem ?? 'differs';
  }
  return undefined;
}

function renamed(program: CProgram, name: string, text?: string): CProgram {
  const change = (content: string): string =>
    content.replaceAll(program.name, name).replaceAll(program.name.toUpperCase(), name.toUpperCase());
  const files = [...program.files].map(([file, content]): [string, string | Uint8Array] => {
    const source = text !== undefined && file === `${program.name}.c` ? text : content;
    return [change(file), typeof source === 'string' ? change(source) : source];
  });
  return { ...program, name, files: new Map(files) };
}

/**
 * Does the compiler make the same instructions of a mutant? Its place is in a tile then that registers of this width do not
 * reach (trivial compiler equivalence, Papadakis et al., ICSE 2015).
 */
async function sameCode(graph: Graph, text: string): Promise<boolean> {
  const program = compileC(graph, { name: 'zz_same' });
  const folder = await makeTempFolder();
  try {
    const mutant = text.replace(/\bzz_subject_\d+/g, 'zz_same').replace(/\bZZ_SUBJECT_\d+/g, 'ZZ_SAME');
    for (const [name, content] of program.files) await writeFile(join(folder.path, name), content);
    const { compiler, flags } = cDevice('host');
    const compiled = async (source: string): Promise<string> => {
      await writeFile(join(folder.path, 'zz_same.c'), source);
      return runProcess(compiler, [oneCopy, ...flags, '-O2', '-w', '-S', '-o', '-', 'zz_same.c'], {
        cwd: folder.path,
        timeout: 60,
      });
    };
    return (await compiled(program.files.get('zz_same.c') as string)) === (await compiled(mutant));
  } finally {
    await folder.remove();
  }
}

test('every mutant of the C kernels is caught, and the kernels themselves pass', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const all = subjects.map(subject);
  const entries = all.flatMap((one, s) => {
    const program = compileC(one.graph, { name: `zz_subject_${s}` });
    const source = program.files.get(`${program.name}.c`) as string;
    const mutants = [1, 2].flatMap((seed) => mutantsOf(source, seed * 100 + s));
    const distinct = [...new Map(mutants.map((mutant) => [mutant.text, mutant])).values()];
    return [undefined, ...distinct].map((mutant, m) => ({
      one,
      mutant,
      entry: { program: renamed(program, `zz_${s}_${m}`, mutant?.text), inputs: [one.inputs] },
    }));
  });
  const results = await runCBatch(entries.map(({ entry }) => entry));
  const verdicts = entries.map(({ one, mutant }, i) => {
    const result = results[i];
    const problem =
      result instanceof CompileError ? result.detail : problemOf(one, (result as Tensors[])[0] as Tensors);
    return { one, mutant, problem };
  });
  const told = (list: typeof verdicts) =>
    list.map(({ one, mutant, problem }) => ({ subject: one.one.name, mutant: mutant?.name, problem }));
  expect(told(verdicts.filter(({ mutant, problem }) => !mutant && problem))).toEqual([]);
  const mutants = verdicts.filter(({ mutant }) => mutant);
  const left: typeof verdicts = [];
  for (const verdict of mutants.filter(({ problem }) => !problem))
    if (!(await sameCode(verdict.one.graph, verdict.mutant?.text ?? ''))) left.push(verdict);
  expect(told(left)).toEqual([]);
  expect(mutants.length).toBeGreaterThanOrEqual(50);
});

const damages: Readonly<Record<string, (tensor: Tensor) => Tensor>> = {
  'one element off by a thousandth of the largest': (t) =>
    edited(t, (v) => (v[0] = (v[0] ?? 0) + 1e-3 * largest(v))),
  'shifted by one element': (t) => edited(t, (v) => v.set(v.slice(1))),
  'last element missing': (t) => edited(t, (v) => (v[v.length - 1] = 0)),
  'wrong sign': (t) => edited(t, (v) => v.forEach((x, i) => (v[i] = -x))),
  'NaN in one place': (t) => edited(t, (v) => (v[v.length >> 1] = Number.NaN)),
  'infinity in one place': (t) => edited(t, (v) => (v[v.length >> 1] = Number.POSITIVE_INFINITY)),
  'other shape': (t) => ({ ...t, shape: [t.data.length] }),
};

/** A shift of one element needs a second one. */
function hasMany(oracle: Subject['oracle']): boolean {
  return [...oracle.values()].every(({ value }) => value.data.length > 1);
}

function edited(tensor: Tensor, change: (values: Float32Array) => unknown): Tensor {
  const values = Float32Array.from(toNumbers(tensor), Number);
  change(values);
  return { ...tensor, data: values };
}

function largest(values: Float32Array): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

test.each(Object.entries(damages))('outputs with %s are caught', (_, damage) => {
  for (const one of subjects.map(subject).filter(({ oracle }) => hasMany(oracle))) {
    const results = new Map(
      [...one.oracle].map(([name, { value }]) => [
        name,
        damage(fromNumbers('f32', value.shape, toNumbers(value))),
      ]),
    );
    expect(problemOf(one, results), one.one.name).toBeDefined();
  }
});

test('a tolerance that noise would pass is an error, and so is a missing one', () => {
  const want = fromNumbers('f32', [4], [1, -2, 3, 4]);
  const wide = { relative: 0, absolute: 0, bound: [5, 5, 5, 5], reason: 'wide' };
  expect(compareTensors(want, want, wide).problem).toContain('too wide');
  const infinite = { ...wide, bound: [Infinity, Infinity, Infinity, 0] };
  expect(compareTensors(want, want, infinite).problem).toContain('too wide');
  expect(compareTensors(want, want, { ...wide, bound: [0, 0, 0, 0] }).pass).toBe(true);
});
