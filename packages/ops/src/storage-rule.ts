import { type Node, numElements, type StorageRule, type Value } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { attrsOf } from './define-op.ts';
import { concat, normalAxis } from './movement/movement.ts';

/**
 * How a node of a lowered graph may use memory. In place: an elementwise op over an input of the output's
 * size, and a convolution over its residual, since a kernel reads residual element i just before it writes
 * output element i.
 */
export function storageRuleOf(node: Node): StorageRule {
  const { storage, inputs } = lookup(node.op);
  switch (storage) {
    case 'view':
    case 'own':
      return { kind: storage };
    case 'join':
      return { kind: 'join', axis: joinAxis(node) };
    case 'in-place':
      return inPlace(node, [...node.inputs.keys()]);
    case 'residual':
      return inPlace(node, [inputs.indexOf('residual?')]);
  }
}

function joinAxis(node: Node): number {
  return normalAxis(attrsOf(concat, node).axis, node.output.type.shape.length);
}

function inPlace(node: Node, candidates: readonly number[]): StorageRule {
  const inputs = candidates.filter((i) => fits(node.inputs[i], node.output));
  return inputs.length ? { kind: 'in-place', inputs } : { kind: 'own' };
}

function fits(input: Value | null | undefined, output: Value): boolean {
  if (!input || input.constant || input.type.dtype !== output.type.dtype) return false;
  return numElements(input.type.shape) === numElements(output.type.shape);
}
