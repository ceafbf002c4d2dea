import { Graph, type Node, numElements } from '@ghostc/ir';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { arrange } from './arrange.ts';
import { keptCells, listTasks, type Task } from './list-tasks.ts';
import type { PlanOptions } from './memory-plan.ts';
import { programOf } from './memory-plan.ts';
import { planMemory } from './plan-memory.ts';
import { resolveStorage } from './resolve-storage.ts';
import { add, options, randomGraph, type } from './test-graphs.ts';

const recipe = fc.tuple(
  fc.array(fc.tuple(fc.nat(4), fc.nat(9), fc.nat(40), fc.nat(9)), { minLength: 3, maxLength: 5 }),
  fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }),
);

/** All orders that respect what reads what. */
function* ordersOf(tasks: readonly Task[], done: readonly Task[] = []): Generator<readonly Task[]> {
  if (done.length === tasks.length) yield done;
  const left = tasks.filter((task) => !done.includes(task));
  const written = new Set(left.flatMap(({ writes }) => writes));
  for (const task of left)
    if (!task.reads.some((cell) => written.has(cell))) yield* ordersOf(tasks, [...done, task]);
}

function* subsetsOf<T>([first, ...rest]: readonly T[]): Generator<T[]> {
  if (first === undefined) return yield [];
  for (const subset of subsetsOf(rest)) {
    yield subset;
    yield [first, ...subset];
  }
}

/** A plan with fewer bytes, of every order, every choice of tasks that work in place, and searched offsets. */
function findSmaller(graph: Graph, bytes: number, all: PlanOptions): number | undefined {
  const map = resolveStorage(programOf(graph), all);
  const tasks = listTasks(programOf(graph), map, all);
  for (const order of ordersOf(tasks)) {
    for (const apart of subsetsOf(tasks.filter(({ inPlace }) => inPlace.length))) {
      const schedule = { map, order, kept: keptCells(graph, map), align: all.align, apart: new Set(apart) };
      const found = arrange({ ...schedule, effort: 'exact' }, bytes);
      if (found) return found.bytes;
    }
  }
  return undefined;
}

it.each(['caller', 'arena'] as const)('no plan of all beats the bound, io %s', (io) => {
  let reached = 0;
  fc.assert(
    fc.property(recipe, ([nodes, outputs]) => {
      const graph = randomGraph(nodes, outputs);
      const scratchBytes = (node: Node): number =>
        node.op === 'make' ? numElements(node.output.type.shape) : 0;
      const all = options(io, { scratchBytes });
      const { lowerBound, gap } = planMemory(graph, all);
      expect(findSmaller(graph, lowerBound, all)).toBeUndefined();
      if (gap === 0) reached++;
    }),
    { numRuns: 100, seed: 1 },
  );
  expect(reached).toBeGreaterThan(40);
});

const chain = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 })), {
  minLength: 1,
  maxLength: 3,
});

/** Chains that share nothing: each from an input of its own to an output of its own. */
function disjointChains(chains: readonly (readonly (readonly [boolean, number])[])[]): Graph {
  const graph = new Graph();
  for (const [i, steps] of chains.entries()) {
    let value = graph.addInput(`x${i}`, type(steps[0]?.[1] ?? 1));
    for (const [inPlace, size] of steps)
      value = inPlace ? add(graph, 'ew', [value], value.type) : add(graph, 'make', [value], type(size));
    graph.addOutput(`y${i}`, value);
  }
  return graph;
}

it.each(['caller', 'arena'] as const)('no plan of parts that share nothing beats the bound, io %s', (io) => {
  let reached = 0;
  fc.assert(
    fc.property(fc.tuple(chain, chain), (chains) => {
      const graph = disjointChains(chains);
      const { lowerBound, gap } = planMemory(graph, options(io));
      expect(findSmaller(graph, lowerBound, options(io))).toBeUndefined();
      if (gap === 0) reached++;
    }),
    { numRuns: 100, seed: 1 },
  );
  expect(reached).toBeGreaterThan(40);
});
