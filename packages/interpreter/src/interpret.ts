import {
  CompileError,
  type Graph,
  type Node,
  type Tensor,
  tensorType,
  type Value,
  withLocation,
} from '@ghostc/ir';
import { evaluateOp, lookup, sizedFor, workOf } from '@ghostc/ops';
import type { KnownResults } from './known-results.ts';

export interface InterpretOptions {
  /** Called with each value as it is computed. */
  readonly observe?: (value: Value, tensor: Tensor, node: Node) => void;
  /** Results of other runs, which this one adds to; or others in their place. */
  readonly known?: Pick<KnownResults, 'of'>;
}

/**
 * Evaluates every node of a graph by its op's definition: the oracle that the backends are compared with.
 * Inputs by name; symbolic dimensions take the size of the given tensor. Returns the outputs by name.
 * Intermediate tensors are dropped after their last use.
 */
export function interpret(
  model: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: InterpretOptions = {},
): Map<string, Tensor> {
  const graph = sizedFor(model, inputs);
  const tensors = new Map<Value, Tensor>();
  for (const input of graph.inputs) tensors.set(input, checkedInput(input, inputs.get(input.name)));
  for (const constant of graph.constants) if (constant.constant) tensors.set(constant, constant.constant);
  const pending = pendingUses(graph);
  const effort = { work: 0, bytes: 0 };
  for (const node of graph.nodes()) {
    evaluateNode(node, tensors, options);
    checkEffort(node, tensors, effort);
    effort.bytes -= release(node, tensors, pending);
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, found(value, tensors)]));
}

function evaluateNode(node: Node, tensors: Map<Value, Tensor>, { observe, known }: InterpretOptions): void {
  const inputs = node.inputs.map((value) => value && found(value, tensors));
  const compute = (): readonly Tensor[] =>
    withLocation({ node: node.origin[0] ?? node.outputs[0]?.name, op: node.op }, () =>
      evaluateOp(lookup(node.op), inputs, node.attrs),
    );
  const results = known ? known.of(node, inputs, compute) : compute();
  node.outputs.forEach((value, i) => {
    const result = results[i];
    if (!result)
      throw new CompileError('interpret/output', `${node.op} gave no output ${i}`, {
        node: node.origin[0],
        op: node.op,
      });
    tensors.set(value, result);
    observe?.(value, result, node);
  });
}

/** Bytes of values alive together, and elements and multiply-accumulates of a run: hours of work. */
const MAX_BYTES = 2 ** 29;
const MAX_WORK = 5e10;

function checkEffort(node: Node, tensors: ReadonlyMap<Value, Tensor>, effort: Effort): void {
  const inputs = node.inputs.map((value) => value && tensorType(found(value, tensors)));
  const results = node.outputs.map((value) => found(value, tensors));
  effort.work += workOf({ op: node.op, attrs: node.attrs, inputs, outputs: results.map(tensorType) });
  for (const { data } of results) effort.bytes += data.byteLength;
  if (effort.work <= MAX_WORK && effort.bytes <= MAX_BYTES) return;
  throw new CompileError(
    'interpret/too-large',
    `the model needs more than ${MAX_BYTES} bytes or ${MAX_WORK} steps to be computed here`,
    { node: node.origin[0], op: node.op },
  );
}

interface Effort {
  work: number;
  /** Of computed values that are still needed. */
  bytes: number;
}

/** How many nodes (and outputs) still need each value. */
function pendingUses(graph: Graph): Map<Value, number> {
  const pending = new Map<Value, number>();
  for (const node of graph.nodes()) for (const output of node.outputs) pending.set(output, output.users.size);
  for (const { value } of graph.outputs) pending.set(value, Number.POSITIVE_INFINITY);
  return pending;
}

/** Drops values no longer needed; returns their bytes. */
function release(node: Node, tensors: Map<Value, Tensor>, pending: Map<Value, number>): number {
  let bytes = 0;
  for (const value of new Set(node.inputs)) {
    if (!value?.producer) continue;
    const left = (pending.get(value) ?? 0) - 1;
    pending.set(value, left);
    if (left > 0) continue;
    bytes += tensors.get(value)?.data.byteLength ?? 0;
    tensors.delete(value);
  }
  return bytes;
}

function checkedInput(input: Value, tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new CompileError('interpret/input', `input ${input.name} is missing`);
  const { dtype, shape } = input.type;
  const fits =
    tensor.dtype === dtype &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((dim, axis) => typeof shape[axis] === 'string' || dim === shape[axis]);
  if (fits) return input.type.quant ? { ...tensor, quant: input.type.quant } : tensor;
  throw new CompileError(
    'interpret/input',
    `input ${input.name} expects ${dtype}[${shape.join(',')}], found ${tensor.dtype}[${tensor.shape.join(',')}]`,
  );
}

function found(value: Value, tensors: ReadonlyMap<Value, Tensor>): Tensor {
  const tensor = tensors.get(value);
  if (tensor) return tensor;
  throw new CompileError('interpret/undefined', `%${value.name} is used before it is computed`);
}
