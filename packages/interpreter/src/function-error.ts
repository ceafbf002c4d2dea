import { type Accuracy, lookup } from '@ghostc/ops';
import type { Step } from './bound-step.ts';

/** The error that an op of one operand adds at x, given its exact value y. */
export function functionError({ node, attrs }: Step, x: number, y: number, unit: number): number {
  const { relative, absolute } = accuracyOf(node.op);
  const scale = Math.max(1, Math.abs(Number(attrs.alpha ?? 1)));
  return unit * relative(x) * Math.abs(y) + 4 * unit * scale * absolute(x);
}

const none: Accuracy = { relative: () => 0, absolute: () => 0 };

function accuracyOf(op: string): Accuracy {
  const { error } = lookup(op);
  return 'accuracy' in error ? error.accuracy : none;
}
