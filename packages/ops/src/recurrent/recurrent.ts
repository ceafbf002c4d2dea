import { CompileError, fromNumbers, type TensorType, toNumbers } from '@ghostc/ir';
import { flag, float, listOf, oneOf } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { activationFunction } from '../elementwise/activation.ts';
import { type CellInputs, type CellStep, recurrentCells } from './cells.ts';

/** Allowed functions of gates and states. */
export const recurrentFunctions = ['hard_sigmoid', 'relu', 'sigmoid', 'tanh'] as const;
/** One of them. */
export type RecurrentFunction = (typeof recurrentFunctions)[number];

/** Their parameters, if any: ONNX's defaults. */
export const recurrentParams: Readonly<Partial<Record<RecurrentFunction, readonly number[]>>> = {
  hard_sigmoid: [Math.fround(0.2), 0.5],
};

/**
 * ONNX LSTM, GRU and RNN: x [T,N,I], weights w [D,G H,I] and r [D,G H,H], bias b [D,2 G H], states h and c [D,N,H] before the
 * first step, with D = 2 for both directions and G gates. Gives y [T,D,N,H], and h and c after the last step. The second
 * direction, or the only one of `reverse`, goes from the last element to the first. `cell_clip` above 0 limits c of an LSTM after each
 * step to -cell_clip..cell_clip, as TFLite does; ONNX has no such thing.
 */
export const recurrent = defineOp({
  name: 'recurrent',
  inputs: ['x', 'w', 'r', 'b', 'h', 'c?'],
  attrs: {
    cell: oneOf(['lstm', 'gru', 'rnn']),
    direction: oneOf(['forward', 'reverse', 'bidirectional'], 'forward'),
    functions: listOf(recurrentFunctions),
    linear_before_reset: flag(false),
    cell_clip: float(0),
  },
  traits: ['reduction'],
  computed: 'kernel',
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  error: { kind: 'unbounded' },
  ulp: null,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, w, r, b, h, c }, { cell, direction, functions, cell_clip }) {
    const { gates, functions: defaults } = recurrentCells[cell];
    const count = defaults.length;
    const [steps, batch, size] = x.shape;
    const [directions, hidden] = [direction === 'bidirectional' ? 2 : 1, Number(r.shape[2])];
    if (steps === undefined || batch === undefined || size === undefined)
      throw new CompileError('op/rank', `x expects [T,N,I], found [${x.shape.join(',')}]`);
    const state = [directions, batch, hidden];
    expectShape('w', w, [directions, gates * hidden, size]);
    expectShape('r', r, [directions, gates * hidden, hidden]);
    expectShape('b', b, [directions, 2 * gates * hidden]);
    expectShape('h', h, state);
    if (cell === 'lstm') expectShape('c', c, state);
    else if (c || cell_clip !== 0) throw new CompileError('recurrent/infer', `${cell} has no second state c`);
    if (!(cell_clip >= 0))
      throw new CompileError('recurrent/infer', `cell_clip expects 0 or more, found ${cell_clip}`);
    if (functions.length !== count)
      throw new CompileError(
        'recurrent/infer',
        `${cell} expects ${count} functions of ${recurrentFunctions.join(', ')}, found [${functions.join(',')}]`,
      );
    const of = (shape: TensorType['shape']): TensorType => ({ dtype: x.dtype, shape });
    const states = cell === 'lstm' ? [of(state), of(state)] : [of(state)];
    return [of([steps, directions, batch, hidden]), ...states];
  },
  evaluate({ x, w, r, b, h, c }, { cell, direction, functions, linear_before_reset, cell_clip }) {
    const [steps = 0, batch = 0, size = 0] = x.shape;
    const [directions = 1, , hidden = 0] = r.shape;
    const state = [directions, batch, hidden];
    const [y, last, memory] = [
      new Float64Array(steps * directions * batch * hidden),
      Float64Array.from(toNumbers(h)),
      Float64Array.from(c ? toNumbers(c) : []),
    ];
    const acts = functions.map((name) =>
      activationFunction({ activation: name, activation_params: recurrentParams[name] ?? [] }),
    );
    const [xs, ws, rs, bs] = [toNumbers(x), toNumbers(w), toNumbers(r), toNumbers(b)];
    for (let d = 0; d < directions; d++)
      for (let n = 0; n < batch; n++) {
        const at = (d * batch + n) * hidden;
        const { gates } = recurrentCells[cell];
        const inputs: CellInputs = {
          w: ws.slice(d * gates * hidden * size, (d + 1) * gates * hidden * size),
          r: rs.slice(d * gates * hidden * hidden, (d + 1) * gates * hidden * hidden),
          b: bs.slice(d * 2 * gates * hidden, (d + 1) * 2 * gates * hidden),
          h: last.subarray(at, at + hidden),
          c: memory.subarray(at, at + hidden),
        };
        const limit = cell_clip > 0 ? cell_clip : Number.POSITIVE_INFINITY;
        const step: CellStep = { ...inputs, acts, linearBeforeReset: linear_before_reset, limit };
        for (let k = 0; k < steps; k++) {
          const t = direction === 'reverse' || d === 1 ? steps - 1 - k : k;
          recurrentCells[cell].step(step, xs.slice((t * batch + n) * size, (t * batch + n + 1) * size));
          y.set(inputs.h, ((t * directions + d) * batch + n) * hidden);
        }
      }
    const all = fromNumbers(x.dtype, [steps, directions, batch, hidden], y);
    const end = fromNumbers(x.dtype, state, last);
    return c ? [all, end, fromNumbers(x.dtype, state, memory)] : [all, end];
  },
  macs: ({ x, r }, { cell }) => {
    const [steps = 0, batch = 0, size = 0] = x.shape.map(Number);
    const [directions = 0, , hidden = 0] = r.shape.map(Number);
    return steps * batch * directions * recurrentCells[cell].gates * hidden * (size + hidden);
  },
});

function expectShape(what: string, type: TensorType | undefined, shape: TensorType['shape']): void {
  if (type?.shape.join() === shape.join()) return;
  throw new CompileError(
    'recurrent/infer',
    `${what} expects [${shape.join(',')}], found [${type?.shape.join(',') ?? ''}]`,
  );
}
