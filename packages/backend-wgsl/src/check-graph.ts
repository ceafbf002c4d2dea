import { CompileError, type Graph, isStaticShape, type Node, numElements, type Value } from '@ghostc/ir';
import { loweredQuantizedOps } from '@ghostc/ops';
import { kernels } from './kernels/index.ts';
import { at } from './kernels/operands.ts';

/** Throws the first CompileError about something that this backend has no code for. */
export function checkGraph(graph: Graph): void {
  for (const value of graph.inputs) checkValue(value, null);
  for (const node of graph.nodes()) checkNode(node);
  for (const { value } of graph.outputs) checkValue(value, value.producer);
}

function checkNode(node: Node): void {
  if (!Object.hasOwn(kernels, node.op))
    throw new CompileError(
      'wgsl/op',
      loweredQuantizedOps.some((op) => op === node.op)
        ? `there is no WGSL kernel for the quantised op ${node.op}`
        : `there is no WGSL kernel for ${node.op}; lower the graph first`,
      at(node),
    );
  for (const value of [...node.inputs, ...node.outputs]) if (value) checkValue(value, node);
}

function checkValue(value: Value, node: Node | null): void {
  const { dtype, shape } = value.type;
  const location = node ? at(node) : {};
  if (dtype !== 'f32')
    throw new CompileError('wgsl/dtype', `%${value.name} is ${dtype}; WGSL is generated for f32`, location);
  if (!isStaticShape(shape)) {
    const problem = `%${value.name} has the shape [${shape.join(',')}]; bind its dimensions first`;
    throw new CompileError('wgsl/symbolic', problem, location);
  }
  if (numElements(shape) === 0)
    throw new CompileError('wgsl/empty', `%${value.name} has no elements: [${shape.join(',')}]`, location);
}
