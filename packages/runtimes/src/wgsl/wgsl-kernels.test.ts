import { emitWgsl, planWgsl } from '@ghostc/backend-wgsl';
import { compareDerived, exact, seededInputs, type Tensors, type Tolerance } from '@ghostc/conformance';
import { boundedRun, interpret } from '@ghostc/interpreter';
import { f32, type Graph, parseGraph, type Tensor, verify } from '@ghostc/ir';
import { opsWith, registry } from '@ghostc/ops';
import { createSession, type Session, type SessionOptions, type WgslProgram } from '@ghostc/wgsl-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { skipWithout } from '../process/require-tool.ts';
import { dawnDevice, wgslTools } from './dawn-device.ts';
import { checkWgsl } from './run-wgsl.ts';
import { ghostCases } from './wgsl-ghost-cases.ts';
import * as cases from './wgsl-kernel-cases.ts';

/** Where no bound can be derived, as after a squeeze-excite. */
const rounding: Tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'float32 sums in another order' };

// runtime-table.test.ts has all suites with indices kept in range
let device: GPUDevice | undefined;
beforeAll(async () => {
  if (wgslTools.every((tool) => tool.found())) device = await dawnDevice('unchecked');
});
afterAll(() => device?.destroy());

function graphOf(text: string): Graph {
  const graph = parseGraph(text, { registry });
  verify(graph, registry);
  return graph;
}

async function execute(program: WgslProgram, inputs: Tensors): Promise<Tensors> {
  const session = await openSession(program);
  const results = await runSession(session, inputs);
  session.dispose();
  return results;
}

function openSession(program: WgslProgram, options?: SessionOptions): Promise<Session> {
  return createSession(device as GPUDevice, program, options);
}

async function runSession(session: Session, inputs: Tensors): Promise<Tensors> {
  const data = [...inputs].map(([name, tensor]) => [name, tensor.data as Float32Array] as const);
  const results = await session.run(Object.fromEntries(data));
  return new Map(session.manifest.outputs.map(({ name, shape }) => [name, f32(shape, results[name] ?? [])]));
}

/** Runs the plain modules twice, so that what one run leaves in the arena meets the next; then the variants and what GPUs run, if any. */
async function expectAgreement(graph: Graph, tolerance: Tolerance): Promise<void> {
  const program = emitWgsl(planWgsl(graph), { name: 'case' });
  const { variants, gpuDispatches } = program.manifest;
  const forms: SessionOptions[] = [
    { adapter: 'software', offers: () => false },
    ...(Object.keys(variants).length ? [{ adapter: 'software' } as const] : []),
    ...(gpuDispatches ? [{ adapter: 'gpu' } as const] : []),
  ];
  for (const form of forms) {
    const session = await openSession(program, form);
    for (const seed of [1, 2]) await expectOutputs(graph, session, { seed, tolerance });
    session.dispose();
  }
}

async function expectOutputs(
  graph: Graph,
  session: Session,
  { seed, tolerance }: { readonly seed: number; readonly tolerance: Tolerance },
): Promise<void> {
  const inputs = seededInputs(graph, seed);
  const results = await runSession(session, inputs);
  const oracles = boundedRun(graph, inputs);
  for (const [name, expected] of interpret(graph, inputs)) {
    const derivation = { oracle: oracles.get(name), fallback: tolerance };
    const { pass, maxAbs, allowed, problem } = compareDerived(expected, results.get(name), derivation);
    expect({ name, pass, problem, maxAbs: pass || maxAbs, allowed: pass || allowed }).toEqual({
      name,
      pass: true,
      problem: undefined,
      maxAbs: true,
      allowed: true,
    });
  }
}

const groups: readonly (readonly [string, cases.KernelCases, Tolerance])[] = [
  ['convolution', cases.convolutionCases, rounding],
  ['depthwise', cases.depthwiseCases, rounding],
  ['ghost', ghostCases, rounding],
  ['linear', cases.linearCases, rounding],
  ['pool', cases.poolCases, rounding],
  ['reduce', cases.reduceCases, rounding],
  ['movement', cases.movementCases, rounding],
  ['resize', cases.linearResizeCases, rounding],
  ['binary', cases.binaryCases, rounding],
  ['placement', cases.placementCases, rounding],
];

describe('on Dawn', () => {
  beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

  describe.each(groups)('%s', (_, texts, tolerance) => {
    test.each(Object.entries(texts))('%s', (_name, text) => expectAgreement(graphOf(text), tolerance));
  });

  test('data movement is exact', async () => {
    for (const [name, text] of Object.entries(cases.movementCases))
      if (!text.includes('conv2d')) await expectAgreement(graphOf(text), exact);
      else expect(name).toMatch(/concat/);
  });
});

/** Values where formulas go wrong: beyond exp's range, near 0, near the seams of piecewise formulas, ties. */
const hard = [
  0, -0, 1e-20, -1e-20, 1e-6, -1e-6, 1e-3, -1e-3, 0.1, -0.1, 0.34, -0.34, 0.36, -0.36, 0.5, -0.5, 0.59, 0.61,
  -0.61, 1, -1, 1.5, -1.5, 2.5, -2.5, 3, -3, 3.1, -3.1, 7, -7, 15, -15, 30, -30, 80, -80, 90, -90, 200, -200,
  1e5, -1e5, 1e19, -1e19, 3e38, -3e38,
];
const positiveOps = new Set(['log', 'sqrt']);

/** Of log near 1; of GELU where 1 + erf cancels: two ulps of 1, times x / 2 for x above -3.3, where erf is -1 in float32. */
const absolutes: Readonly<Record<string, number>> = { log: 5e-7, gelu: 4e-7 };

/** Per element: |got - want| <= relative |want| + absolute. Vulkan allows exp 3 + 2|x| ulp, log 2^-21 near 1. */
function closeEnough(op: string, want: number, got: number): boolean {
  if (Number.isNaN(want) || !Number.isFinite(want)) return Object.is(want, got) || Math.abs(got) > 3e38;
  const absolute = absolutes[op] ?? 1e-37;
  return Math.abs(got - want) <= 2.5e-5 * Math.abs(want) + absolute;
}

describe('hard values, element by element', () => {
  beforeEach((context) => skipWithout(wgslTools, 'wgsl', context));

  test.each(opsWith('unary'))('%s', async (op) => {
    const values = positiveOps.has(op) ? hard.filter((v) => v > 0) : hard;
    for (const length of [values.length, 4 * values.length]) {
      const x = f32(
        [length],
        Array.from({ length }, (_, i) => values[i % values.length] ?? 0),
      );
      const graph = graphOf(`graph @g(%x: f32[${length}])\n%y = ${op} %x\nreturn %y`);
      const inputs = new Map([['x', x]]);
      const results = await execute(emitWgsl(planWgsl(graph), { name: 'hard' }), inputs);
      const [want, got] = [interpret(graph, inputs), results].map((all) => all.get('y') as Tensor);
      const wrong = [...x.data].flatMap((v, i) => {
        const [a, b] = [Number(want?.data[i]), Number(got?.data[i])];
        return closeEnough(op, a, b) ? [] : [`${op}(${v}): expected ${a}, found ${b}`];
      });
      expect(wrong).toEqual([]);
    }
  });

  test('pow of negative bases and of zero', async () => {
    const pairs = [-2, -1.5, 0, 0.5, 3].flatMap((a) =>
      [-3, -2, -1, 0, 0.5, 1, 2, 3].map((b) => [a, b] as const),
    );
    const graph = graphOf(
      `graph @g(%a: f32[${pairs.length}], %b: f32[${pairs.length}])\n%y = pow %a, %b\nreturn %y`,
    );
    const inputs = new Map(
      ['a', 'b'].map((name, side) => [
        name,
        f32(
          [pairs.length],
          pairs.map((pair) => pair[side] ?? 0),
        ),
      ]),
    );
    const results = await execute(emitWgsl(planWgsl(graph), { name: 'pow' }), inputs);
    const want = interpret(graph, inputs).get('y')?.data ?? [];
    const wrong = pairs.flatMap(([a, b], i) => {
      const [expected, found] = [Number(want[i]), Number(results.get('y')?.data[i])];
      return Object.is(expected, found) || closeEnough('pow', expected, found)
        ? []
        : [`${a} ** ${b}: ${found}`];
    });
    expect(wrong).toEqual([]);
  });

  test('relu and clip keep NaN', async () => {
    const graph = graphOf('graph @g(%x: f32[5])\n%y = relu %x\n%z = clip %x {min=-1, max=1}\nreturn %y, %z');
    const x = f32([5], [Number.NaN, -2, 2, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const results = await execute(emitWgsl(planWgsl(graph), { name: 'nan' }), new Map([['x', x]]));
    expect([...(results.get('y')?.data ?? [])]).toEqual([Number.NaN, 0, 2, 0, Number.POSITIVE_INFINITY]);
    expect([...(results.get('z')?.data ?? [])]).toEqual([Number.NaN, -1, 1, -1, 1]);
  });
});

describe('Tint accepts every module', () => {
  const all = Object.assign({}, ...groups.map(([, texts]) => texts)) as cases.KernelCases;
  const modules = new Map<string, string>();
  const seen = new Set<string>();
  for (const text of Object.values(all)) {
    const graph = graphOf(text);
    for (const node of graph.nodes()) seen.add(node.op);
    for (const matrices of ['f32', 'f16'] as const) {
      const found = emitWgsl(planWgsl(graph), { name: 'case', matrices }).manifest;
      for (const [id, source] of Object.entries(found.modules)) modules.set(source, id);
      for (const [id, list] of Object.entries(found.variants))
        for (const { source, requires } of list) modules.set(source, `${id} (${requires.join(', ')})`);
    }
  }

  test('without a driver', async () => {
    expect(modules.size).toBeGreaterThan(60);
    const found = await checkWgsl([...modules.keys()]);
    expect([...modules.values()].filter((_, i) => found[i]?.length)).toEqual([]);
  });

  test('the cases reach every op', () => {
    for (const op of opsWith('unary')) seen.add(op); // the hard values do
    seen.add('pow');
    expect(
      [...opsWith('unary', 'binary', 'kernel'), ...opsWith('gpu')].filter((op) => !seen.has(op)),
    ).toEqual([]);
  });
});
