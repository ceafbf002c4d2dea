import { isFloat, type Value } from '@ghostc/ir';
import { lookup } from '@ghostc/ops';

/**
 * Distance of neighbouring values of an output: 1 for integers, the largest scale for dequantised ones, seen through data
 * movement; 0 for floats without steps.
 */
export function outputStep(output: Value): number {
  let value: Value | null | undefined = output;
  while (value) {
    if (!isFloat(value.type.dtype)) return 1;
    const node: Value['producer'] = value.producer;
    if (node?.op === 'dequantize_linear') return largestScale(node.inputs[0]);
    value = node && passesOn(node.op) ? node.inputs[0] : undefined;
  }
  return 0;
}

function passesOn(op: string): boolean {
  return op === 'identity' || lookup(op).traits.has('movement');
}

function largestScale(value: Value | null | undefined): number {
  return Array.from(value?.type.quant?.scale ?? []).reduce((a, b) => Math.max(a, b), 0);
}
