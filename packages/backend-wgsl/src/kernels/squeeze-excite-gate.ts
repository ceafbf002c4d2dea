import { type Node, staticShape } from '@ghostc/ir';
import { type ActivationName, attrsOf, squeezeExciteGate as gateOp } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { Emit, Kernel, Lane } from '../kernel.ts';
import { calledLike, type ElementFunction } from '../text/element-function.ts';
import { element } from './channel-block.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { transposed } from './pack-channels.ts';

/** Invocations of the workgroup. */
const group = 64;

/** Means and reduced sums. */
function scratchBytes(node: Node): number {
  const [N = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [R = 1, C = 1] = staticShape(sourceOf(node, 1).type.shape);
  return 4 * N * (C + R);
}

/**
 * gate(expand(act(reduce(mean(x))))) in one dispatch: one workgroup an image; means and reduced sums pass through the arena,
 * because software adapters clear workgroup memory element by element. Weights lie input-major, so that neighbouring
 * invocations read neighbours.
 */
const emit: Emit = ({ node, arena, weights, scratch }) => {
  const [N = 1, C = 1, H = 1, W = 1] = staticShape(sourceOf(node, 0).type.shape);
  const [R = 1] = staticShape(sourceOf(node, 1).type.shape);
  const { gate, reduce } = functionsOf(node);
  const x = arena(sourceOf(node, 0));
  const lane: Lane = x % 4 === 0 && (H * W) % 4 === 0 ? 'vec4f' : 'f32';
  const unit = lane === 'vec4f' ? 4 : 1;
  return [
    {
      id: ['squeeze_excite_gate', lane, gate.key, ...(reduce ? [reduce.key] : [])].join('_'),
      arena: lane,
      weights: 'f32',
      group,
      functions: [gate.text, ...(reduce ? [reduce.text] : [])],
      body: body(lane, reduce ? `${reduce.name}(sum)` : 'max(sum, 0.0)'),
      ints: {
        X_AT: x / unit,
        Y_AT: arena(node.output),
        T_AT: scratch(),
        R_W: weights(transposed(weightOf(node, 1), R, C)),
        R_B: weights(constantOf(node, 2) ?? new Float32Array(R)),
        E_W: weights(transposed(weightOf(node, 3), C, R)),
        E_B: weights(constantOf(node, 4) ?? new Float32Array(C)),
        C,
        R,
        P: (H * W) / unit,
        PIXELS: H * W,
      },
      floats: { ...gate.floats, ...reduce?.floats },
      count: N,
    },
  ];
};

export const squeezeExciteGate: Kernel = { emit, scratchBytes };

/** The gate, and the reduction's activation unless it is ReLU, which is one instruction. */
function functionsOf(node: Node) {
  const { gate, gate_params, reduce_activation, reduce_activation_params } = attrsOf(gateOp, node);
  const functionOf = (activation: ActivationName, activation_params: readonly number[]): ElementFunction =>
    epilogueOf({ activation, activation_params }, 'f32');
  const reduce = functionOf(reduce_activation, reduce_activation_params);
  return {
    gate: functionOf(gate, gate_params),
    reduce: reduce.key === 'relu' ? null : { key: reduce.key, ...calledLike(reduce, 'reduced') },
  };
}

/** The mean in parts of 64 terms at most, which bounds the rounding of long sums. */
const mean = (lane: Lane): string => `var total = ${lane}(0.0);
for (var i = 0; i < P; i += 64) {
var part = ${lane}(0.0);
for (var k = i; k < min(i + 64, P); k++) {
part += arena[x + k];
}
total += part;
}
${element(lane)('means + c')} = ${lane === 'vec4f' ? '((total.x + total.y) + (total.z + total.w))' : 'total'} / f32(PIXELS);`;

function body(lane: Lane, reduced: string): string {
  const at = element(lane);
  return `let means = T_AT + tile * (C + R);
let reduced = means + C;
for (var c = lane; c < C; c += ${group}) {
let x = X_AT + (tile * C + c) * P;
${mean(lane)}
}
storageBarrier();
for (var r = lane; r < R; r += ${group}) {
var sum = weights[R_B + r];
for (var c = 0; c < C; c++) {
sum += weights[R_W + c * R + r] * ${at('means + c')};
}
${at('reduced + r')} = ${reduced};
}
storageBarrier();
for (var c = lane; c < C; c += ${group}) {
var sum = weights[E_B + c];
for (var r = 0; r < R; r++) {
sum += weights[E_W + r * C + c] * ${at('reduced + r')};
}
${at('Y_AT + tile * C + c')} = apply(sum);
}`;
}
