import { epilogueOf } from '../epilogue.ts';
import type { KernelContext, Lane, Step } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { packBias, packChannels } from './pack-channels.ts';
import type { WindowGeometry } from './window-geometry.ts';

/**
 * 1x1 convolution, x [N,K,P] to y [N,M,P]: an invocation keeps 4 channels x 4 pixels in registers, and does 16
 * multiply-accumulates for each vec4 of weights and each vec4 of pixels. Neighbouring invocations have neighbouring pixels.
 */
export function pointwise(context: KernelContext, { N, C, H, W, M }: WindowGeometry): Step {
  const { node, arena, weights } = context;
  const plane = H * W;
  const blocks = { groups: 1, perGroup: M, inner: C };
  const residual = node.inputs[3];
  const [x, y, r] = [arena(sourceOf(node, 0)), arena(node.output), residual ? arena(residual) : 0];
  const lane: Lane = [plane, x, y, r].every((size) => size % 4 === 0) ? 'vec4f' : 'f32';
  const unit = lane === 'vec4f' ? 4 : 1;
  const { key, text, floats } = epilogueOf(node, 'vec4f');
  return {
    id: ['pointwise', lane, key, ...(residual ? ['residual'] : [])].join('_'),
    arena: lane,
    weights: 'vec4f',
    functions: [text],
    body: body(lane, !!residual),
    ints: {
      X_AT: x / unit,
      Y_AT: y / unit,
      ...(residual && { R_AT: r / unit }),
      W_AT: weights(packChannels(weightOf(node, 1), blocks)) / 4,
      B_AT: weights(packBias(constantOf(node, 2), blocks)) / 4,
      K: C,
      M,
      P: plane / unit,
      M4: Math.ceil(M / 4),
      ...(unit === 1 && { P4: Math.ceil(plane / 4) }),
    },
    floats,
    count: N * Math.ceil(M / 4) * Math.ceil(plane / 4),
  };
}

const channels = [0, 1, 2, 3] as const;
const component = ['x', 'y', 'z', 'w'] as const;

/** Input channels that one turn of the loop takes: fewer turns, and loads that do not wait for one another. */
const unroll = 4;

function body(lane: Lane, residual: boolean): string {
  const vector = lane === 'vec4f';
  const turns = Array.from({ length: unroll }, (_, k) => accumulate(lane, k));
  return `let m4 = (item / ${vector ? 'P' : 'P4'}) % M4;
let n = item / (${vector ? 'P' : 'P4'} * M4);
${vector ? 'let p = item % P;' : 'let p = (item % P4) * 4;\nlet q = min(vec4i(0, 1, 2, 3), vec4i(P - 1 - p));'}
let bias = weights[B_AT + m4];
${channels.map((i) => `var s${i} = vec4f(bias.${component[i]});`).join('\n')}
var x = X_AT + n * K * P + p;
var w = W_AT + m4 * K;
for (var k = 0; k < K / ${unroll}; k++) {
${turns.join('\n')}
x += ${unroll} * P;
w += ${unroll};
}
for (var k = 0; k < K % ${unroll}; k++) {
${accumulate(lane, 0)}
x += P;
w++;
}
let m = m4 * 4;
let y = (n * M + m) * P + p;
${channels.map((i) => store(i, lane, residual)).join('\n')}`;
}

/** Adds input channel k from here. */
function accumulate(lane: Lane, k: number): string {
  const at = k ? `x + ${k} * P` : 'x';
  const pixels =
    lane === 'vec4f' ? `arena[${at}]` : `vec4f(${component.map((c) => `arena[${at} + q.${c}]`).join(', ')})`;
  return `{
let v = ${pixels};
let f = weights[w${k ? ` + ${k}` : ''}];
${channels.map((i) => `s${i} += f.${component[i]} * v;`).join('\n')}
}`;
}

/** Writes four pixels of channel m + i. */
function store(i: number, lane: Lane, residual: boolean): string {
  const index = `y + ${i} * P`;
  if (lane === 'vec4f') {
    const value = residual ? `s${i} + arena[R_AT + ${index}]` : `s${i}`;
    return `if (m + ${i} < M) {\narena[Y_AT + ${index}] = apply(${value});\n}`;
  }
  const r = `R_AT + ${index}`;
  const addend = residual
    ? ` + vec4f(arena[${r}], arena[${r} + q.y], arena[${r} + q.z], arena[${r} + q.w])`
    : '';
  const writes = component.map((c, j) =>
    j === 0
      ? `arena[Y_AT + ${index}] = t${i}.x;`
      : `if (p + ${j} < P) {\narena[Y_AT + ${index} + ${j}] = t${i}.${c};\n}`,
  );
  return `if (m + ${i} < M) {\nlet t${i} = apply(s${i}${addend});\n${writes.join('\n')}\n}`;
}
