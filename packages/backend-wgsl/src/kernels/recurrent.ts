import { itemAt, staticShape } from '@ghostc/ir';
import { attrsOf, recurrent as definition, recurrentCells, recurrentParams } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { calledLike, elementFunction } from '../text/element-function.ts';
import { sourceOf, weightOf } from './operands.ts';

/** Invocations of the workgroup. */
const group = 64;

const modes = { forward: 0, reverse: 1, bidirectional: 2 } as const;

/**
 * All steps in one dispatch: a workgroup for each sequence and direction, an invocation for each 64th unit. States pass
 * through the arena. Weights lie input-major, so that neighbouring invocations read neighbours.
 */
export const recurrent: Emit = ({ node, arena, weights }) => {
  const { cell, direction, functions, linear_before_reset, cell_clip } = attrsOf(definition, node);
  const [T = 1, N = 1, I = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [D = 1, , H = 1] = staticShape(sourceOf(node, 2).type.shape);
  const G = recurrentCells[cell].gates;
  const acts = functions.map((name, i) =>
    calledLike(elementFunction(name, 'f32', recurrentParams[name] ?? []), `act${i}`),
  );
  const variant =
    cell === 'gru' && linear_before_reset ? 'gru_linear' : cell_clip > 0 ? 'lstm_clipped' : cell;
  return [
    {
      id: ['recurrent', variant, ...functions].join('_'),
      arena: 'f32',
      weights: 'f32',
      group,
      functions: acts.map(({ text }) => text),
      body: body(variant),
      ints: {
        X_AT: arena(sourceOf(node, 0)),
        Y_AT: arena(node.output),
        W_AT: weights(inputMajor(weightOf(node, 1), { rows: H, columns: I })),
        R_AT: weights(inputMajor(weightOf(node, 2), { rows: H, columns: H })),
        B_AT: weights(weightOf(node, 3)),
        H0_AT: arena(sourceOf(node, 4)),
        H_AT: arena(itemAt(node.outputs, 1)),
        ...(cell === 'lstm' && {
          C0_AT: arena(sourceOf(node, 5)),
          C_AT: arena(itemAt(node.outputs, 2)),
        }),
        ...{ T, N, I, D, H, G },
        MODE: modes[direction],
      },
      floats: Object.assign(
        variant === 'lstm_clipped' ? { LIMIT: cell_clip } : {},
        ...acts.map(({ floats }) => floats),
      ),
      count: D * N,
    },
  ];
};

/** Matrices [rows, columns], one after the other, as [columns, rows]. */
function inputMajor(data: Float32Array, { rows, columns }: { rows: number; columns: number }): Float32Array {
  const size = rows * columns;
  return data.map((_, i) => {
    const at = i % size;
    return data[i - at + (at % rows) * columns + Math.floor(at / rows)] ?? 0;
  });
}

const units = `for (var j = lane; j < H; j += ${group}) {`;

/** Sums s0, s1, ... of the gates `from` and on of unit j, of the parts that are asked for. */
function sums(from: number, count: number, parts: { x?: boolean; state?: string } = {}): string {
  const { x = true, state = 'p' } = parts;
  const each = Array.from({ length: count }, (_, g) => g);
  const bias = (g: number): string => {
    const both = [x ? `b + ${from + g} * H + j` : '', state ? `b + (G + ${from + g}) * H + j` : ''];
    return both.flatMap((at) => (at ? [`weights[${at}]`] : [])).join(' + ');
  };
  const loop = (size: string, matrix: string, source: string): string => `for (var k = 0; k < ${size}; k++) {
let v = arena[${source} + k];
${each.map((g) => `s${g} += weights[${matrix} + (${from + g} * ${size} + k) * H + j] * v;`).join('\n')}
}`;
  return [
    ...each.map((g) => `var s${g} = ${bias(g)};`),
    ...(x ? [loop('I', 'w', 'x')] : []),
    ...(state ? [loop('H', 'r', state)] : []),
  ].join('\n');
}

const lstm = (limit: string): string => `${units}
${sums(0, 4)}
var memory = apply_act0(s2) * arena[C_AT + tile * H + j] + apply_act0(s0) * apply_act1(s3);
${limit}arena[C_AT + tile * H + j] = memory;
arena[h + j] = apply_act0(s1) * apply_act2(memory);
}`;

/** Statements of a step that leave the new state in H_AT; \`y\` may hold what all units read. */
const steps: Readonly<Record<string, string>> = {
  lstm: lstm(''),
  lstm_clipped: lstm('memory = clamp(memory, -LIMIT, LIMIT);\n'),
  gru: `${units}
${sums(0, 2)}
arena[y + j] = apply_act0(s1) * arena[p + j];
arena[h + j] = apply_act0(s0);
}
storageBarrier();
${units}
${sums(2, 1, { state: 'y' })}
let z = arena[h + j];
arena[h + j] = (1.0 - z) * apply_act1(s0) + z * arena[p + j];
}`,
  gru_linear: `${units}
${sums(0, 2)}
let z = apply_act0(s0);
let reset = apply_act0(s1);
var fresh = 0.0;
{
${sums(2, 1, { state: '' })}
fresh = s0;
}
{
${sums(2, 1, { x: false })}
fresh += reset * s0;
}
arena[h + j] = (1.0 - z) * apply_act1(fresh) + z * arena[p + j];
}`,
  rnn: `${units}
${sums(0, 1)}
arena[h + j] = apply_act0(s0);
}`,
};

const body = (variant: string): string => `let d = tile / N;
let n = tile % N;
let w = W_AT + d * G * H * I;
let r = R_AT + d * G * H * H;
let b = B_AT + d * 2 * G * H;
let h = H_AT + tile * H;
var p = H0_AT + tile * H;
${variant.startsWith('lstm') ? `${units}\narena[C_AT + tile * H + j] = arena[C0_AT + tile * H + j];\n}` : ''}
for (var step = 0; step < T; step++) {
let t = select(step, T - 1 - step, MODE == 1 || (MODE == 2 && d == 1));
let x = X_AT + (t * N + n) * I;
let y = Y_AT + ((t * D + d) * N + n) * H;
${steps[variant]}
storageBarrier();
${units}
arena[y + j] = arena[h + j];
}
storageBarrier();
p = y;
}`;
