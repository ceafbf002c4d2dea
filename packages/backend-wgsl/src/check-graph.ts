import {
  CompileError,
  type Graph,
  isStaticShape,
  type Node,
  numElements,
  type Value,
  visitGraph,
} from '@ghostc/ir';
import { checkCarried, isCarried } from './carry.ts';
import { kernelOf } from './kernels/kernel-of.ts';
import { at } from './kernels/operands.ts';

/** Throws the first CompileError about something that this backend has no code for. */
export function checkGraph(graph: Graph): void {
  visitGraph(graph, { node: checkNode, value: checkValue });
}

function checkNode(node: Node): void {
  kernelOf(node, node.output.type.dtype);
  checkCarried(node);
}

function checkValue(value: Value, node: Node | null): void {
  const { dtype, shape } = value.type;
  const location = node ? at(node) : {};
  if (!isCarried(dtype))
    throw new CompileError('wgsl/dtype', `%${value.name} is ${dtype}, which float32 cannot hold`, location);
  if (!isStaticShape(shape)) {
    const problem = `%${value.name} has the shape [${shape.join(',')}]; bind its dimensions first`;
    throw new CompileError('wgsl/symbolic', problem, location);
  }
  if (numElements(shape) >= 2 ** 29)
    throw new CompileError(
      'wgsl/size',
      `%${value.name} has ${numElements(shape)} elements; expected less than 2^29`,
      location,
    );
  // what nothing computes may have none
  if (node && numElements(shape) === 0)
    throw new CompileError('wgsl/empty', `%${value.name} has no elements: [${shape.join(',')}]`, location);
}
