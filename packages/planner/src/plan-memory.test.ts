import { Graph, type Node, numElements, type Value } from '@ghostc/ir';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryPlan } from './memory-plan.ts';
import { planMemory } from './plan-memory.ts';
import { add, options, randomGraph, recipes, storageRule, type } from './test-graphs.ts';

const at = (plan: MemoryPlan, value: Value) => plan.placements.get(value);

/**
 * Runs a plan on memory whose elements are tags: every node must find the tags of its inputs where the plan says, even
 * after its own output and scratch have been scribbled on (except where it may work in place).
 */
class Machine {
  readonly memory = new Map<string, number>();
  readonly tags = new Map<Value, number[]>();
  readonly plan: MemoryPlan;
  readonly groups: readonly (readonly Node[])[];
  #next = 1;

  /** The steps of a group write as soon as the first of them runs. */
  constructor(plan: MemoryPlan, groups: readonly (readonly Node[])[] = []) {
    this.plan = plan;
    this.groups = groups;
  }

  run(graph: Graph): void {
    for (const value of [...graph.inputs, ...graph.constants]) this.write(value, this.fresh(value));
    for (const node of this.plan.order) this.step(node);
    for (const { value } of graph.outputs) expect(this.read(value)).toEqual(this.tags.get(value));
  }

  step(node: Node): void {
    const inputs = node.inputs.filter((value) => value !== null);
    const result = this.meaning(node, inputs);
    if (this.plan.elided.has(node)) return void this.tags.set(node.output, result);
    const group = this.groups.find(([first]) => first === node) ?? [node];
    for (const member of group) this.scribble(member);
    for (const input of inputs) {
      if (!this.inPlace(node, input)) expect(this.read(input)).toEqual(this.tags.get(input));
    }
    this.write(node.output, result);
  }

  meaning(node: Node, inputs: Value[]): number[] {
    const rule = storageRule(node);
    const parts = inputs.map((input) => this.tags.get(input) ?? []);
    if (rule.kind === 'view') return parts[0] ?? [];
    return rule.kind === 'join' && rule.axis === 1 ? parts.flat() : this.fresh(node.output);
  }

  inPlace(node: Node, input: Value): boolean {
    return (
      storageRule(node).kind === 'in-place' &&
      JSON.stringify(at(this.plan, input)) === JSON.stringify(at(this.plan, node.output))
    );
  }

  scribble(node: Node): void {
    this.write(node.output, this.fresh(node.output).fill(-1));
    const scratch = this.plan.scratch.get(node);
    if (scratch) for (let i = 0; i < 40; i += 4) this.memory.set(`arena 0 ${scratch.offset + i}`, -2);
  }

  fresh(value: Value): number[] {
    return Array.from({ length: numElements(value.type.shape) }, () => this.#next++);
  }

  keys(value: Value): string[] {
    const { region, index, offset } = at(this.plan, value) ?? { region: 'lost', index: 0, offset: 0 };
    return Array.from(
      { length: numElements(value.type.shape) },
      (_, i) => `${region} ${index} ${offset + 4 * i}`,
    );
  }

  write(value: Value, tags: number[]): void {
    this.keys(value).forEach((key, i) => void this.memory.set(key, tags[i] ?? 0));
    if (!tags.includes(-1)) this.tags.set(value, tags);
  }

  read(value: Value): number[] {
    return this.keys(value).map((key) => this.memory.get(key) ?? 0);
  }
}

describe.each(['caller', 'arena'] as const)('any graph, io %s', (io) => {
  it('computes the same values as without sharing', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const graph = randomGraph(...recipe);
        const scratchBytes = (node: Node): number => (node.op === 'make' ? 40 : 0);
        new Machine(planMemory(graph, options(io, { scratchBytes }))).run(graph);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps what steps that run as one read until all of them have run', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const graph = randomGraph(...recipe);
        const scratchBytes = (node: Node): number => (node.op === 'make' ? 40 : 0);
        let groups: Node[][] = [];
        const together = (elided: ReadonlySet<unknown>): Node[][] => {
          const nodes = [...graph.nodes()].filter((node) => !elided.has(node));
          groups = nodes.flatMap((_, i) => (i % 3 ? [] : [nodes.slice(i, i + 3)]));
          return groups;
        };
        const plan = planMemory(graph, options(io, { scratchBytes, together }));
        for (const group of groups) expectOneAfterAnother(group, plan);
        new Machine(plan, groups).run(graph);
      }),
      { numRuns: 100 },
    );
  });

  it("is aligned, no smaller than its lower bound, and keeps to the caller's buffers", () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const graph = randomGraph(...recipe);
        const plan = planMemory(graph, options(io));
        expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.lowerBound);
        expect(plan.arenaBytes % 16).toBe(0);
        expect(plan.gap).toBe(plan.arenaBytes - 16 * Math.ceil(plan.lowerBound / 16));
        expect(plan.order.length).toBe(graph.nodeCount);
        expect(new Set(plan.order)).toEqual(new Set(graph.nodes()));
        for (const [value, place] of plan.placements) checkPlace(graph, plan, value, place);
      }),
      { numRuns: 80 },
    );
  });
});

/** Nothing else runs between the steps of a group, and their scratch lies apart. */
function expectOneAfterAnother(group: readonly Node[], { order, elided, scratch }: MemoryPlan): void {
  const running = order.filter((node) => !elided.has(node));
  const first = running.indexOf(group[0] as Node);
  expect(running.slice(first, first + group.length)).toEqual(group);
  const places = group.flatMap((node) => scratch.get(node)?.offset ?? []).sort((a, b) => a - b);
  places.slice(1).forEach((place, i) => {
    expect(place - (places[i] ?? 0)).toBeGreaterThanOrEqual(40);
  });
}

function checkPlace(
  graph: Graph,
  plan: MemoryPlan,
  value: Value,
  { region, index, offset }: NonNullable<ReturnType<typeof at>>,
): void {
  const end = offset + 4 * numElements(value.type.shape);
  const room =
    region === 'output' ? 4 * numElements(graph.outputs[index]?.value.type.shape ?? []) : plan.arenaBytes;
  expect(offset).toBeGreaterThanOrEqual(0);
  if (region === 'arena' || region === 'output') expect(end).toBeLessThanOrEqual(room);
  if (region === 'input' && value.producer) expect(plan.elided.has(value.producer)).toBe(true);
}

describe('planMemory', () => {
  it('places the parts of a concat in their ranges and elides it', () => {
    const graph = new Graph();
    const x = graph.addInput('x', type(8));
    const primary = add(graph, 'make', [x], type(8));
    const cheap = add(graph, 'make', [primary], type(4));
    const both = add(graph, 'cat', [primary, cheap], type(12));
    graph.addOutput('y', add(graph, 'make', [both], type(1)));
    const plan = planMemory(graph, options('caller'));
    const base = at(plan, both)?.offset ?? Number.NaN;
    expect(at(plan, primary)?.offset).toBe(base);
    expect(at(plan, cheap)?.offset).toBe(base + 32);
    expect(plan.elided.has(both.producer as Node)).toBe(true);
    expect(plan.arenaBytes).toBe(48);
  });

  it("computes a concat that is returned straight into the caller's buffer", () => {
    const graph = new Graph();
    const x = graph.addInput('x', type(8));
    const a = add(graph, 'make', [x], type(8));
    const b = add(graph, 'make', [x], type(4));
    graph.addOutput('y', add(graph, 'cat', [a, b], type(12)));
    const plan = planMemory(graph, options('caller'));
    expect(at(plan, b)).toEqual({ region: 'output', index: 0, offset: 32 });
    expect(plan.arenaBytes).toBe(0);
  });

  it.each([
    ['one of a graph input', (x: Value) => [x, x]],
    ['the same value twice', (_: Value, a: Value) => [a, a]],
  ])('copies a concat of %s', (_name, parts) => {
    const graph = new Graph();
    const x = graph.addInput('x', type(8));
    const both = add(graph, 'cat', parts(x, add(graph, 'make', [x], type(8))), type(16));
    graph.addOutput('y', add(graph, 'make', [both], type(1)));
    expect(planMemory(graph, options('caller')).elided.size).toBe(0);
  });

  it('copies a concat along an axis inside another, and one whose parts would be misaligned', () => {
    const graph = new Graph();
    const x = graph.addInput('x', type(3));
    const parts = (): Value[] => [add(graph, 'make', [x], type(3, 2)), add(graph, 'make', [x], type(3, 2))];
    graph.addOutput('y', add(graph, 'make', [add(graph, 'outer', parts(), type(3, 4))], type(1)));
    graph.addOutput('z', add(graph, 'make', [add(graph, 'cat', parts(), type(6, 2))], type(1)));
    expect(planMemory(graph, options('caller', { partAlign: 16 })).elided.size).toBe(0);
    expect(planMemory(graph, options('caller')).elided.size).toBe(1);
  });

  it('runs the branch that shrinks its input first', () => {
    const graph = new Graph();
    const x = add(graph, 'make', [graph.addInput('in', type(1))], type(64));
    const wide = add(graph, 'make', [add(graph, 'make', [x], type(128))], type(100));
    const main = add(graph, 'make', [wide], type(8));
    const shortcut = add(graph, 'make', [x], type(8));
    graph.addOutput('y', add(graph, 'make', [add(graph, 'ew', [main, shortcut], type(8))], type(1)));
    const plan = planMemory(graph, options('caller'));
    expect(plan.order.indexOf(shortcut.producer as Node)).toBe(1);
    expect(plan.arenaBytes).toBe(4 * 128 + 4 * 100 + 4 * 8);
    expect(plan.arenaBytes).toBe(plan.lowerBound);
  });

  it('gives the memory of a part that is not computed yet to somebody else', () => {
    const graph = new Graph();
    const x = add(graph, 'make', [graph.addInput('in', type(1))], type(64));
    const primary = add(graph, 'make', [x], type(64));
    const cheap = add(graph, 'make', [primary], type(64));
    const both = add(graph, 'cat', [primary, cheap], type(128));
    graph.addOutput('y', add(graph, 'make', [both], type(1)));
    expect(planMemory(graph, options('caller')).arenaBytes).toBe(4 * 128);
  });

  it('counts whole granules of the alignment where buffers cannot touch', () => {
    const graph = new Graph();
    const x = graph.addInput('x', type(1));
    const parts = [add(graph, 'make', [x], type(10)), add(graph, 'make', [x], type(10))];
    graph.addOutput('y', add(graph, 'make', parts, type(1)));
    const plan = planMemory(graph, options('caller'));
    expect([plan.arenaBytes, plan.lowerBound, plan.gap]).toEqual([96, 96, 0]); // 40 + 8 lost + 40 + 8 lost
  });

  it('bounds parts that share nothing together: before, after, and at the peak of one', () => {
    const graph = new Graph();
    for (const [i, size] of [4, 8, 12].entries()) {
      const wide = add(graph, 'make', [graph.addInput(`in${i}`, type(4 * size))], type(8 * size));
      graph.addOutput(`out${i}`, add(graph, 'make', [wide], type(size)));
    }
    const plan = planMemory(graph, options('arena'));
    // all leave less than they find: the largest part comes last, 12 * (4 + 8) floats, and the outputs of the others
    expect([plan.arenaBytes, plan.lowerBound]).toEqual([4 * 156, 4 * 156]);
    const inputs = new Graph();
    for (let i = 0; i < 9; i++)
      inputs.addOutput(`y${i}`, add(inputs, 'make', [inputs.addInput(`x${i}`, type(64))], type(4)));
    expect(planMemory(inputs, options('arena'))).toMatchObject({ lowerBound: 4 * 576, gap: 16 });
  });

  it('plans 40 parts that share nothing within a twentieth of the bound, in seconds', () => {
    const graph = new Graph();
    for (let i = 0; i < 40; i++) {
      const pixels = (5 + ((i * 7) % 11)) ** 2;
      const shape = type(3 + ((i * 5) % 7), pixels);
      const a = add(graph, 'make', [graph.addInput(`x${i}`, type(4, pixels))], shape);
      const b = add(graph, 'ew', [add(graph, 'make', [a], shape)], shape);
      graph.addOutput(`y${i}`, add(graph, 'ew', [a, add(graph, 'ew', [a, b], shape)], shape));
    }
    const start = process.cpuUsage();
    const { gap, arenaBytes, lowerBound } = planMemory(graph, options('arena'));
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(20);
    expect(lowerBound).toBeGreaterThanOrEqual(
      graph.outputs.reduce((sum, { value }) => sum + 4 * numElements(value.type.shape), 0),
    );
    expect(gap).toBeLessThan(arenaBytes / 20);
  });

  it('returns an input as it is without giving it arena memory', () => {
    const graph = new Graph();
    const x = graph.addInput('x', type(4));
    graph.addOutput('y', x);
    const plan = planMemory(graph, options('caller'));
    expect(at(plan, x)?.region).toBe('input');
    expect(plan.arenaBytes).toBe(0);
  });
});
