import type { DType } from '@ghostc/ir';
import { type Attrs, float, floats, int, text } from './attributes.ts';
import { type DrawRow, type Parts, row } from './draw-op.ts';
import { epsilonOf, gemmParts } from './draw-reductions.ts';
import { convParts } from './draw-windows.ts';
import type { ModelDraft, Ref } from './model-draft.ts';

/** What ONNX Runtime's optimiser writes. */

const microsoft = (op: string, parts: (d: ModelDraft) => Parts & { readonly outputs?: number }): DrawRow =>
  row(`com.microsoft.${op}`, (d) => {
    const { inputs, attrs, outputs = 1 } = parts(d);
    d.add(op, inputs, attrs, { domain: 'com.microsoft', outputs });
  });

const singles: readonly DType[] = ['f32'];
const vector = (d: ModelDraft): Ref => d.value({ dtypes: singles, minRank: 1, solid: true, elements: mild });

/** ONNX Runtime's vectors of these functions have their own answer to NaN and infinities. */
const mild = (v: number): boolean => Math.abs(v) < 100;

function gelu(bias: 'never' | 'maybe' | 'always'): (d: ModelDraft) => Parts {
  return (d) => {
    const x = vector(d);
    const biased = bias === 'always' || (bias === 'maybe' && d.chance(50));
    return { inputs: [x, biased ? d.fresh('f32', x.shape.slice(-1), 'plain') : null], attrs: {} };
  };
}

/** Numbers that belong to an activation, in its order. */
const activations: Readonly<Record<string, readonly number[]>> = {
  Relu: [],
  Sigmoid: [],
  Tanh: [],
  LeakyRelu: [0.25],
  Clip: [-0.5, 1.5],
  HardSigmoid: [0.25, 0.5],
};

function fusedConv(d: ModelDraft): Parts {
  const { inputs, attrs } = convParts(d, singles);
  const name = d.pick(Object.keys(activations));
  const params = activations[name] ?? [];
  const activation = { activation: text(name), ...(params.length && { activation_params: floats(params) }) };
  return { inputs, attrs: { ...attrs, ...activation } };
}

function fusedGemm(d: ModelDraft): Parts {
  const { inputs, attrs } = gemmParts(d, singles);
  const name = d.pick(['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh']);
  const alpha = name === 'LeakyRelu' ? d.maybe(70, float(0.25)) : undefined;
  return { inputs, attrs: { ...attrs, activation: text(name), activation_alpha: alpha } };
}

function fusedMatMul(d: ModelDraft): Parts {
  const batch = d.pick([[], [2], [2, 3]]);
  const [m, k, n] = [d.between(1, 5), d.between(1, 5), d.between(1, 5)];
  const [a, b] = [turned(d, 'A', batch.length), turned(d, 'B', batch.length)];
  const operand = (shape: readonly number[]): Ref => d.value({ dtypes: singles, shape });
  return {
    inputs: [operand(a.shape(batch, [m, k])), operand(b.shape(batch, [k, n]))],
    attrs: { alpha: d.maybe(50, float(d.pick([0.5, 2, -1]))), ...a.attrs, ...b.attrs },
  };
}

interface Turned {
  readonly attrs: Attrs;
  /** The shape of an operand that is read as a batch of matrices [rows, columns]. */
  shape(batch: readonly number[], matrix: readonly [number, number]): number[];
}

/** Attributes transA and transBatchA, or those of B. */
function turned(d: ModelDraft, name: 'A' | 'B', batchRank: number): Turned {
  const [trans, transBatch] = [d.chance(50), batchRank > 0 && d.chance(40)];
  return {
    attrs: {
      [`trans${name}`]: trans ? int(1) : d.maybe(20, int(0)),
      [`transBatch${name}`]: transBatch ? int(1) : d.maybe(20, int(0)),
    },
    shape: (batch, [rows, columns]) => {
      const [first, last] = trans ? [columns, rows] : [rows, columns];
      return transBatch ? [first, ...batch, last] : [...batch, first, last];
    },
  };
}

function skipLayerNormalization(d: ModelDraft): Parts & { readonly outputs: number } {
  const x = d.value({ dtypes: singles, minRank: 3, maxRank: 3, solid: true, elements: mild });
  const inner = x.shape.slice(-1);
  const own = (): Ref => d.fresh('f32', inner, 'plain');
  const skip = d.value({ dtypes: singles, shape: x.shape, elements: mild });
  const inputs = [x, skip, own(), d.chance(60) ? own() : null, d.chance(50) ? own() : null];
  return { inputs, attrs: { epsilon: epsilonOf(d) }, outputs: d.pick([1, 1, 4]) };
}

/** Gates, and states beside the output, of a cell. */
const cells = { GRU: [3, 1], LSTM: [4, 2], RNN: [1, 1] } as const;

const recurrent = (op: keyof typeof cells): DrawRow =>
  row(op, (d) => {
    const [gates, states] = cells[op];
    const direction = d.pick(['forward', 'reverse', 'bidirectional']);
    const directions = direction === 'bidirectional' ? 2 : 1;
    const [steps, batch, size, hidden] = [d.between(1, 4), d.between(1, 3), d.between(1, 4), d.between(1, 4)];
    const x = d.value({ dtypes: singles, shape: [steps, batch, size], elements: mild });
    const own = (...shape: number[]): Ref => d.fresh('f32', [directions, ...shape], 'plain');
    const lengths = d.chance(20)
      ? d.vector(
          Array.from({ length: batch }, () => steps),
          'i32',
        )
      : null;
    const state = (): Ref | null => (d.chance(50) ? own(batch, hidden) : null);
    const bias = d.chance(60) ? own(2 * gates * hidden) : null;
    const inputs = [x, own(gates * hidden, size), own(gates * hidden, hidden), bias, lengths];
    const attrs: Attrs = {
      hidden_size: int(hidden),
      direction: direction === 'forward' ? d.maybe(50, text(direction)) : text(direction),
      linear_before_reset: op === 'GRU' ? d.maybe(60, int(d.below(2))) : undefined,
    };
    d.add(op, [...inputs, ...Array.from({ length: states }, state)], attrs, { outputs: 1 + states });
  });

export const fusedRows: readonly DrawRow[] = [
  microsoft('BiasGelu', gelu('always')),
  microsoft('FastGelu', gelu('maybe')),
  microsoft('FusedConv', fusedConv),
  microsoft('FusedGemm', fusedGemm),
  microsoft('FusedMatMul', fusedMatMul),
  microsoft('Gelu', gelu('never')),
  microsoft('QuickGelu', (d) => ({
    inputs: [vector(d)],
    attrs: { alpha: d.maybe(60, float(d.pick([1, 0.5, 2]))) },
  })),
  microsoft('SkipLayerNormalization', skipLayerNormalization),
  recurrent('GRU'),
  recurrent('LSTM'),
  recurrent('RNN'),
];
