import type { Attrs, QuantParams, TensorType } from '@ghostc/ir';
import { type OpDefinition, type RecurrentCell, recurrentCells } from '@ghostc/ops';
import type { InputValues } from '../input-values.ts';
import type { Choices } from './choices.ts';

/** An operand that no value of the graph can be: a constant, or occasionally another input. */
export interface FreshOperand {
  readonly type: TensorType;
  readonly values?: InputValues;
  /** Integers from 0 up to this. */
  readonly below?: number;
  readonly constant: boolean;
}

interface Around {
  readonly op: OpDefinition;
  readonly x: TensorType;
  readonly attrs: Attrs;
  readonly choices: Choices;
}

/** What a further operand may be, by the name of its slot; undefined: omitted, or any value of the graph. */
export function freshOperand(slot: string, around: Around): FreshOperand | undefined {
  const { op, choices, x } = around;
  const name = slot.replace(/\?|\.\.\.$/g, '');
  if (slot.endsWith('?') && choices.once(2)) return undefined;
  const shape = weightShape(name, around);
  if (shape) return weight(name, shape, around);
  if (name === 'indices') return indices(around);
  if (name === 'table') {
    const dtype = (around.attrs.y_dtype ?? 'i8') as TensorType['dtype'];
    const entries = x.dtype === 'i16' ? 513 : 256;
    return { type: { dtype, shape: [entries] }, constant: true };
  }
  if (name === 'condition') return { type: { dtype: 'bool', shape: broadcast(x, choices) }, constant: false };
  if (name === 'b' || name === 'a') {
    const divisor = /^(div|mod|pow)$/.test(op.name);
    return {
      type: { ...x, shape: broadcast(x, choices) },
      ...(divisor && { values: 'positive' as const }),
      constant: divisor || choices.once(2),
    };
  }
  return undefined;
}

/** The shape of x, with axes of size 1 and without some of the first. */
function broadcast({ shape }: TensorType, choices: Choices): number[] {
  const sizes = shape.map((dim) => (choices.once(3) ? 1 : Number(dim)));
  return choices.once(3) ? sizes.slice(choices.below(sizes.length)) : sizes;
}

function weightShape(name: string, { op, x, attrs, choices }: Around): number[] | undefined {
  const [, channels = 1] = x.shape.map(Number);
  const last = Number(x.shape.at(-1) ?? 1);
  const kernel = [choices.between(1, 3), choices.between(1, 3)];
  const outputs = choices.between(1, 6);
  const { group = 1, multiplier = 1, oup = 4, ratio = 2 } = attrs as Record<string, number>;
  const init = Math.ceil(oup / ratio);
  const k = attrs.trans_a ? Number(x.shape[0]) : last;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    weight: /fully_connected/.test(op.name)
      ? [outputs, last]
      : /depthwise/.test(op.name)
        ? [channels * multiplier, 1, ...kernel]
        : [group * choices.between(1, 3), channels / group, ...kernel],
    ...(/^(matmul|gemm)$/.test(op.name) && { b: attrs.trans_b ? [outputs, k] : [k, outputs] }),
    ...(op.name === 'recurrent' && recurrentShapes(x, attrs)),
    ...(op.name === 'prelu' && { b: [channels, ...x.shape.slice(2).map(() => 1)] }),
    ...(op.name === 'batch_norm' && {
      scale: [channels],
      shift: [channels],
      mean: [channels],
      variance: [channels],
    }),
    primary_weight: [init, channels, Number(attrs.kernel_size ?? 1), Number(attrs.kernel_size ?? 1)],
    cheap_weight: [oup - init, 1, Number(attrs.dw_size ?? 3), Number(attrs.dw_size ?? 3)],
    reduce_weight: [3, channels, 1, 1],
    reduce_bias: [3],
    expand_weight: [channels, 3, 1, 1],
    expand_bias: [channels],
    point_weight: [channels, channels, 1, 1],
    row_weight: [channels, 1, 1, 3],
    column_weight: [channels, 1, 3, 1],
    ...(op.name === 'dfc_attention' && { features: x.shape.map(Number) }),
  };
  return shapes[name] && [...shapes[name]];
}

/** A cell of two units. */
function recurrentShapes(x: TensorType, { cell, direction }: Attrs): Record<string, readonly number[]> {
  const [, batch = 1, size = 1] = x.shape.map(Number);
  const [directions, rows] = [
    direction === 'bidirectional' ? 2 : 1,
    2 * recurrentCells[cell as RecurrentCell].gates,
  ];
  const state = [directions, batch, 2];
  return {
    w: [directions, rows, size],
    r: [directions, rows, 2],
    b: [directions, 2 * rows],
    h: state,
    ...(cell === 'lstm' && { c: state }),
  };
}

function weight(name: string, shape: readonly number[], { op, x, choices }: Around): FreshOperand {
  const values = name === 'variance' ? ({ values: 'positive' } as const) : {};
  if (!op.name.startsWith('qlinear')) return { type: { dtype: x.dtype, shape }, constant: true, ...values };
  const quant: QuantParams = {
    scale: choices.list(shape[0] ?? 1, () => choices.pick([0.011, 0.004, 0.02])),
    zeroPoint: choices.list(shape[0] ?? 1, () => 0),
    axis: 0,
  };
  return { type: { dtype: 'i8', shape, quant }, constant: true };
}

function indices({ op, x, attrs, choices }: Around): FreshOperand {
  const sizes = x.shape.map(Number);
  const [rank, smallest] = [sizes.length, Math.min(...sizes)];
  const axis = Number(attrs.axis ?? 0);
  const below = op.name.endsWith('_nd') ? smallest : (sizes.at(axis) ?? 1);
  const shapes: Readonly<Record<string, readonly number[]>> = {
    gather: choices.list(choices.between(1, 2), () => choices.between(1, 4)),
    gather_elements: sizes.map((size, a) => (a === (axis + rank) % rank ? choices.between(1, 5) : size)),
    gather_nd: [...sizes.slice(0, Number(attrs.batch_dims ?? 0)), 3, 1],
    scatter_nd: [1, 1],
  };
  return { type: { dtype: 'i64', shape: [...(shapes[op.name] ?? [2])] }, below, constant: true };
}
