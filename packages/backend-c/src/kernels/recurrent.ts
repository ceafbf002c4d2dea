import { itemAt } from '@ghostc/ir';
import {
  attrsOf,
  recurrent as definition,
  type RecurrentCell,
  recurrentCells,
  recurrentParams,
} from '@ghostc/ops';
import { activated } from '../activation-text.ts';
import { type CFunction, type Emit, helperName } from '../kernel.ts';
import type { Lanes } from '../lanes.ts';
import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { input, shapeOf } from './operands.ts';

/** Sizes: steps, sequences, features, directions, units. */
interface Sizes {
  readonly T: number;
  readonly N: number;
  readonly I: number;
  readonly D: number;
  readonly H: number;
}

/**
 * One step after the other; a unit's gates share the loads of x and of the state. The new state is collected in `h`, the
 * state before it is the row of y of the step before.
 */
export const recurrent: Emit = ({ node, lanes, pointer }) => {
  const attrs = attrsOf(definition, node);
  const [T = 1, N = 1, I = 1] = shapeOf(input(node, 0));
  const [D = 1, , H = 1] = shapeOf(input(node, 2));
  const sizes: Sizes = { T, N, I, D, H };
  const acts = attrs.functions.map((name): Act => {
    const act = { activation: name, activation_params: recurrentParams[name] ?? [] };
    return (v) => activated(act, v);
  });
  const apply = (i: number, v: string): string => itemAt(acts, i)(v);
  const { cell, linear_before_reset: linear } = attrs;
  const states = node.outputs.slice(1).map((value, i) => [i === 0 ? 'h' : 'c', value] as const);
  const steps = {
    lstm: () => lstm(sizes, apply, attrs.cell_clip),
    gru: () => (linear ? gruLinear(sizes, apply) : gru(sizes, apply)),
    rnn: () => rnn(sizes, apply),
  };
  return {
    fn: {
      hint: `${cell}_${T}x${N}x${I}_${D}x${H}`,
      params: [
        ...['x', 'w', 'r', 'b', 'h0'].map((name) => `const float *${name}`),
        ...(cell === 'lstm' ? ['const float *c0'] : []),
        'float *y',
        ...states.map(([name]) => `float *${name}`),
      ],
      helpers: helpers(lanes, cell, linear),
      body: sequences(
        { ...sizes, gates: recurrentCells[cell].gates },
        { cell, direction: attrs.direction },
        steps[cell](),
      ),
    },
    args: [
      ...node.inputs.flatMap((value) => (value ? [pointer(value)] : [])),
      pointer(node.output),
      ...states.map(([, value]) => pointer(value)),
    ],
  };
};

function sequences(
  { T, N, I, D, H, gates: count }: Sizes & { gates: number },
  { cell, direction }: { cell: string; direction: string },
  step: readonly string[],
): string[] {
  const back = `${T - 1} - k`;
  const time = direction === 'forward' ? 'k' : direction === 'reverse' ? back : `d ? ${back} : k`;
  const states = cell === 'lstm' ? ['h', 'c'] : ['h'];
  return loop('d', D, [
    ...loop('n', N, [
      'const float *p = h0;',
      ...(cell === 'lstm' ? loop('j', H, ['c[j] = c0[j];']) : []),
      ...loop('k', T, [
        `const int t = ${time};`,
        `const float *xt = x + (t * ${N} + n) * ${I};`,
        `float *yt = y + ((t * ${D} + d) * ${N} + n) * ${H};`,
        ...step,
        ...loop('j', H, ['yt[j] = h[j];']),
        'p = yt;',
      ]),
      ...states.flatMap((name) => [`${name} += ${H};`, `${name}0 += ${H};`]),
    ]),
    `w += ${count * H * I};`,
    `r += ${count * H * H};`,
    `b += ${2 * count * H};`,
  ]);
}

type Act = (v: string) => string;
/** Function `i` of the cell on an expression. */
type Apply = (i: number, v: string) => string;

/** Sums of some gates of unit j, starting at a gate: the biases, then the parts of x and of the state. */
function gateSums(
  { I, H }: Sizes,
  { from, count, total, helper }: { from: number; count: number; total: number; helper: number },
): string[] {
  const both = range(count).map((g) => `b[${(from + g) * H} + j] + b[${(total + from + g) * H} + j]`);
  return [
    `float s[${count}] = { ${both.join(', ')} };`,
    `${helperName(helper)}(w + (${from * H} + j) * ${I}, xt, s, ${I}, ${H * I});`,
    `${helperName(helper)}(r + (${from * H} + j) * ${H}, p, s, ${H}, ${H * H});`,
  ];
}

function lstm(sizes: Sizes, apply: Apply, limit: number): string[] {
  return loop('j', sizes.H, [
    ...gateSums(sizes, { from: 0, count: 4, total: 4, helper: 0 }),
    `c[j] = ${apply(0, 's[2]')} * c[j] + ${apply(0, 's[0]')} * ${apply(1, 's[3]')};`,
    ...(limit > 0
      ? [`c[j] = ${activated({ activation: 'clip', activation_params: [-limit, limit] }, 'c[j]')};`]
      : []),
    `h[j] = ${apply(0, 's[1]')} * ${apply(2, 'c[j]')};`,
  ]);
}

/** y holds the reset state until all units have read it. */
function gru(sizes: Sizes, apply: Apply): string[] {
  const { I, H } = sizes;
  return [
    ...loop('j', H, [
      ...gateSums(sizes, { from: 0, count: 2, total: 3, helper: 0 }),
      `yt[j] = ${apply(0, 's[1]')} * p[j];`,
      `h[j] = ${apply(0, 's[0]')};`,
    ]),
    ...loop('j', H, [
      `float s[1] = { b[${2 * H} + j] + b[${5 * H} + j] };`,
      `${helperName(1)}(w + (${2 * H} + j) * ${I}, xt, s, ${I}, 0);`,
      `${helperName(1)}(r + (${2 * H} + j) * ${H}, yt, s, ${H}, 0);`,
      `h[j] = (1.0f - h[j]) * ${apply(1, 's[0]')} + h[j] * p[j];`,
    ]),
  ];
}

function gruLinear({ I, H }: Sizes, apply: Apply): string[] {
  const biases = (from: number): string =>
    range(3)
      .map((i) => `b[${(from + i) * H} + j]`)
      .join(', ');
  return loop('j', H, [
    `float s[3] = { ${biases(0)} };`,
    `float q[3] = { ${biases(3)} };`,
    `${helperName(0)}(w + j * ${I}, xt, s, ${I}, ${H * I});`,
    `${helperName(0)}(r + j * ${H}, p, q, ${H}, ${H * H});`,
    'const float u = s[0] + q[0];',
    'const float v = s[1] + q[1];',
    `const float z = ${apply(0, 'u')};`,
    `const float e = s[2] + ${apply(0, 'v')} * q[2];`,
    `h[j] = (1.0f - z) * ${apply(1, 'e')} + z * p[j];`,
  ]);
}

function rnn(sizes: Sizes, apply: Apply): string[] {
  return loop('j', sizes.H, [
    ...gateSums(sizes, { from: 0, count: 1, total: 1, helper: 0 }),
    `h[j] = ${apply(0, 's[0]')};`,
  ]);
}

function helpers(lanes: Lanes, cell: RecurrentCell, linear: boolean): CFunction[] {
  if (cell !== 'gru') return [dots(lanes, recurrentCells[cell].gates)];
  return linear ? [dots(lanes, 3)] : [dots(lanes, 2), dots(lanes, 1)];
}

/** s[g] += row g of m times x, for rows that are `step` apart. */
function dots({ vector, type }: Lanes, count: number): CFunction {
  const each = range(count);
  return {
    hint: `add_dots_${count}`,
    params: ['const float *m', 'const float *x', 'float *s', 'int size', 'int step'],
    body: vector
      ? [
          ...each.map((g) => `${type} a${g} = SPLAT(0.0f);`),
          'int k = 0;',
          'for (; k + LANES <= size; k += LANES) {',
          'const vecf xk = LOAD(x + k);',
          ...each.map((g) => `a${g} += LOAD(m + ${g} * step + k) * xk;`),
          '}',
          ...each.map((g) => `float s${g} = lane_sum(a${g});`),
          'for (; k < size; k++) {',
          ...each.map((g) => `s${g} += m[${g} * step + k] * x[k];`),
          '}',
          ...each.map((g) => `s[${g}] += s${g};`),
        ]
      : [
          ...each.map((g) => `float s${g} = s[${g}];`),
          'for (int k = 0; k < size; k++) {',
          ...each.map((g) => `s${g} += m[${g} * step + k] * x[k];`),
          '}',
          ...each.map((g) => `s[${g}] = s${g};`),
        ],
  };
}
