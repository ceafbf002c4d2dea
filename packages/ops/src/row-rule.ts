import type { Attrs, Node, RowRule, RowWindow, Value } from '@ghostc/ir';
import { lookup } from './build-node.ts';
import { intsOf, withDefaults } from './define-op.ts';
import { normalAxis } from './movement/movement.ts';

/**
 * How the rows of a node's output depend on the rows of its inputs; null for a node that cannot be computed
 * row by row. Windows slide (convolutions; pools without padding above and below); elementwise ops and a
 * concat of channels read the row that they write.
 */
export function rowRuleOf(node: Node): RowRule | null {
  const { shape } = node.output.type;
  if (node.outputs.length !== 1 || shape.length !== 4 || shape[0] !== 1 || Number(shape[2]) < 2) return null;
  const { attrs, rows } = lookup(node.op);
  switch (rows) {
    case 'same':
      return sameRowRule(node);
    case 'window':
    case 'pool':
      return windowRule(node, withDefaults(attrs, node.attrs), rows);
    case 'channels':
      return normalAxis(Number(withDefaults(attrs, node.attrs).axis), 4) === 1 ? sameRowRule(node) : null;
    case 'none':
      return null;
  }
}

function windowRule(node: Node, attrs: Attrs, rows: 'window' | 'pool'): RowRule | null {
  const numbers = (name: string): readonly number[] => intsOf(attrs, name);
  const [top = 0, left = 0, bottom = 0, right = 0] = numbers('pads');
  const isPool = rows === 'pool';
  if (isPool && (top > 0 || bottom > 0 || attrs.ceil_mode)) return null;
  const [x, weight, bias, residual] = node.inputs;
  if (!x || (!isPool && (!weight?.constant || (bias && !bias.constant)))) return null;
  const taps = isPool ? Number(numbers('kernel_shape')[0]) : Number(weight?.type.shape[2]);
  const size = (taps - 1) * (numbers('dilations')[0] ?? 1) + 1;
  const pad = x.type.quant?.zeroPoint[0] ?? 0;
  const window = { size, stride: numbers('strides')[0] ?? 1, before: top, pad };
  const windows = [window, null, null, residual ? sameRow : null].slice(0, node.inputs.length);
  return { windows, attrs: { ...node.attrs, pads: [0, left, 0, right] } };
}

const sameRow: RowWindow = { size: 1, stride: 1, before: 0, pad: 0 };

function sameRowRule(node: Node): RowRule | null {
  const height = node.output.type.shape[2];
  const windows: (RowWindow | null)[] = [];
  for (const input of node.inputs) {
    if (!input || rowsOf(input) === 1) windows.push(null);
    else if (!input.constant && rowsOf(input) === height && input.type.shape.length === 4)
      windows.push(sameRow);
    else return null;
  }
  return { windows, attrs: node.attrs };
}

/** Size of the axis that aligns with the rows of an image; 1 if it is broadcast. */
function rowsOf({ type: { shape } }: Value): number {
  return Number(shape.at(-2) ?? 1);
}
