import {
  type Attrs,
  entryOf,
  fromNumbers,
  type Graph,
  itemAt,
  type Node,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { evaluateOp, lookup, withDefaults } from '@ghostc/ops';
import type { Runtime, Tensors } from '../runtime.ts';

/** One node as seen by a broken engine. */
export interface Call {
  readonly node: Node;
  readonly attrs: Attrs;
  readonly inputs: readonly (Tensor | null)[];
  /** All tensors in memory: engines that overwrite memory do so here. */
  readonly memory: Map<Value, Tensor>;
  /** The right result, or the result with other inputs or attributes. */
  readonly run: (change?: { inputs?: readonly (Tensor | null)[]; attrs?: Attrs }) => readonly Tensor[];
}

/** Computes the outputs of a node; undefined if it computes this node correctly. */
export type Fault = (call: Call) => readonly Tensor[] | undefined;

export interface BrokenEngine {
  readonly name: string;
  /** Ops that it gets wrong. */
  readonly ops: RegExp;
  readonly fault: Fault;
}

/** The interpreter with one fault. */
export function brokenRuntime({ name, ops, fault }: BrokenEngine): Runtime {
  const evaluate = (node: Node, memory: Map<Value, Tensor>): readonly Tensor[] => {
    const inputs = node.inputs.map((value) => value && entryOf(memory, value));
    const op = lookup(node.op);
    const attrs = withDefaults(op.attrs, node.attrs);
    const run: Call['run'] = (change) => evaluateOp(op, change?.inputs ?? inputs, change?.attrs ?? attrs);
    return (ops.test(node.op) ? fault({ node, attrs, inputs, memory, run }) : undefined) ?? run();
  };
  return { name, prepare: async (model) => ({ run: async (inputs) => walk(model, inputs, evaluate) }) };
}

function walk(
  model: Graph,
  inputs: Tensors,
  evaluate: (node: Node, memory: Map<Value, Tensor>) => readonly Tensor[],
): Tensors {
  const memory = new Map<Value, Tensor>();
  for (const value of model.inputs) {
    const given = entryOf(inputs, value.name);
    memory.set(value, value.type.quant ? { ...given, quant: value.type.quant } : given);
  }
  for (const value of model.constants) if (value.constant) memory.set(value, value.constant);
  for (const node of model.nodes()) {
    const results = evaluate(node, memory);
    node.outputs.forEach((value, i) => memory.set(value, itemAt(results, i)));
  }
  return new Map(model.outputs.map(({ name, value }) => [name, entryOf(memory, value)]));
}

/** A tensor of the same type and shape with each element changed. */
export function mapped(x: Tensor, change: (value: number, at: number) => number): Tensor {
  const values = Float64Array.from(toNumbers(x), (v, at) => change(Number(v), at));
  return { ...x, data: fromNumbers(x.dtype, x.shape, values).data };
}

/** Copies elements where both shapes have some, 0 elsewhere: a loop with the right bounds and wrong strides. */
export function fittedTo(shape: readonly number[], x: Tensor): Tensor {
  if (x.shape.join() === shape.join()) return x;
  const source = toNumbers(x);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = Float64Array.from({ length: size }, (_, at) => {
    let [rest, from, stride] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % (shape[axis] ?? 1);
      if (index >= (x.shape[axis] ?? 1)) return 0;
      from += index * stride;
      stride *= x.shape[axis] ?? 1;
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    return Number(source[from]);
  });
  return { ...x, shape, data: fromNumbers(x.dtype, shape, values).data };
}

/** Index along an axis of element number `at`. */
export function indexAlong(shape: readonly number[], axis: number, at: number): number {
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  return Math.floor(at / inner) % (shape[axis] ?? 1);
}

/** Broken engines as a table. */
export type Rows = readonly (readonly [name: string, ops: string, fault: Fault])[];
