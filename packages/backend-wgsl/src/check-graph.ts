import { CompileError, type Graph, isStaticShape, type Node, numElements, type Value } from '@ghostc/ir';
import { loweredQuantizedOps } from '@ghostc/ops';
import { kernelOf } from './kernels/index.ts';
import { at } from './kernels/operands.ts';

/** Element types of values in the arena. */
const elementTypes: ReadonlySet<string> = new Set(['f32', 'i8', 'u8']);

/** Throws the first CompileError about something that this backend has no code for. */
export function checkGraph(graph: Graph): void {
  for (const node of graph.nodes()) checkNode(node);
  for (const value of graph.inputs) checkValue(value, null);
  for (const { value } of graph.outputs) checkValue(value, value.producer);
}

function checkNode(node: Node): void {
  for (const value of [...node.inputs, ...node.outputs]) if (value) checkValue(value, node);
  const isFloat = node.output.type.dtype === 'f32';
  if (!kernelOf(node))
    throw new CompileError(
      'wgsl/op',
      loweredQuantizedOps.some((op) => op === node.op)
        ? `there is no WGSL kernel for the quantised op ${node.op}`
        : `there is no WGSL kernel for ${node.op}${isFloat ? '' : ' of integers'}; lower the graph first`,
      at(node),
    );
  if (node.op === 'resize' && !isFloat && node.attrs.mode === 'linear')
    throw new CompileError('wgsl/op', 'there is no WGSL kernel for linear resize of integers', at(node));
}

function checkValue(value: Value, node: Node | null): void {
  const { dtype, shape } = value.type;
  const location = node ? at(node) : {};
  const isBias = dtype === 'i32' && !!value.constant;
  if (!elementTypes.has(dtype) && !isBias) {
    const op = node ? ` (${node.op})` : '';
    const problem = `%${value.name} is ${dtype}${op}; WGSL is generated for f32, i8 and u8`;
    throw new CompileError('wgsl/dtype', problem, location);
  }
  if (!isStaticShape(shape)) {
    const problem = `%${value.name} has the shape [${shape.join(',')}]; bind its dimensions first`;
    throw new CompileError('wgsl/symbolic', problem, location);
  }
  if (numElements(shape) === 0)
    throw new CompileError('wgsl/empty', `%${value.name} has no elements: [${shape.join(',')}]`, location);
}
