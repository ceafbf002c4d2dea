import type { Node } from '@ghostc/ir';
import { type Activation, activationAttrs, attrsOf } from '@ghostc/ops';
import { operatorOptions } from '@ghostc/tflite';
import { type Code, type Placed, type PlacedType, refuse, type TfliteGraph } from './tflite-graph.ts';

const { NONE, RELU, RELU6, RELU_N1_TO_1 } = operatorOptions;

/** Ranges that operators fuse. */
const fusedRanges: Readonly<Record<string, number>> = {
  '-Infinity,Infinity': NONE,
  '0,Infinity': RELU,
  '0,6': RELU6,
  '-1,1': RELU_N1_TO_1,
};

/** Names of the operators that do the same by themselves. */
export const clampOperators: Readonly<Record<number, Code>> = {
  [RELU]: 'RELU',
  [RELU6]: 'RELU6',
  [RELU_N1_TO_1]: 'RELU_N1_TO_1',
};

/** Real bounds of an activation that only clamps. */
export function rangeOf({
  activation,
  activation_params: [lo, hi],
}: Activation): readonly number[] | undefined {
  if (activation === 'none') return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (activation === 'relu') return [0, Number.POSITIVE_INFINITY];
  return activation === 'clip' ? [lo ?? 0, hi ?? 0] : undefined;
}

/** A node's activation: what its operator fuses, and what is left for operators after it. */
export interface Fusion {
  readonly fused: number;
  readonly after: (writer: TfliteGraph, y: Placed) => Placed;
}

export function fusionOf(node: Node): Fusion {
  const activation = attrsOf({ attrs: activationAttrs }, node);
  const range = rangeOf(activation);
  if (!range) return refuse(`the fused activation ${activation.activation}`);
  const fused = fusedRanges[range.join()];
  if (fused !== undefined) return { fused, after: (_, y) => y };
  return { fused: NONE, after: (writer, y) => clamped(writer, y, range) };
}

/** x limited to [lo, hi]; infinite limits do not limit. */
export function clamped(writer: TfliteGraph, x: Placed, range: readonly number[]): Placed {
  const operator = clampOperators[fusedRanges[range.join()] ?? NONE];
  if (operator) return writer.operator(operator, [x], x);
  const [lo = 0, hi = 0] = range;
  const low = lo === Number.NEGATIVE_INFINITY ? x : writer.operator('MAXIMUM', [x, writer.float(lo)], x);
  return hi === Number.POSITIVE_INFINITY ? low : writer.operator('MINIMUM', [low, writer.float(hi)], x);
}

/** clamp(alpha x + beta, 0, 1) as relu6(6 alpha x + 6 beta) / 6, the form that converters write. */
export function hardSigmoid(
  writer: TfliteGraph,
  x: Placed,
  [alpha, beta]: readonly [number, number],
): Placed {
  const slope = Math.fround(6 * alpha);
  const scaled =
    slope === 1 ? x : writer.operator('MUL', [x, writer.float(slope)], x, { options: operatorOptions.mul() });
  const options = operatorOptions.add(RELU6);
  const six = writer.operator('ADD', [scaled, writer.float(6 * beta)], x, { options });
  return writer.operator('MUL', [six, writer.float(1 / 6)], x, { options: operatorOptions.mul() });
}

/** x f(x) with f an operator. */
export function gated(writer: TfliteGraph, x: Placed, gate: Placed, type: PlacedType = x): Placed {
  return writer.operator('MUL', [x, gate], type, { options: operatorOptions.mul() });
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), which does not overflow. */
export function softplus(writer: TfliteGraph, x: Placed): Placed {
  const small = writer.operator('EXP', [writer.operator('NEG', [writer.operator('ABS', [x], x)], x)], x);
  const sum = writer.operator('ADD', [small, writer.float(1)], x, { options: operatorOptions.add() });
  const rest = writer.operator('LOG', [sum], x);
  return writer.operator('ADD', [writer.operator('RELU', [x], x), rest], x, {
    options: operatorOptions.add(),
  });
}

/** max(x, 0) + alpha (e^(min(x, 0) / divisor) - 1) for ELU and CELU, of TFLite's ELU, which has alpha 1. */
export function scaledElu(
  writer: TfliteGraph,
  x: Placed,
  { alpha, divisor }: { readonly alpha: number; readonly divisor: number },
): Placed {
  if (alpha === 1 && divisor === 1) return writer.operator('ELU', [x], x);
  const negative = writer.operator('MINIMUM', [x, writer.float(0)], x);
  const divided =
    divisor === 1
      ? negative
      : writer.operator('DIV', [negative, writer.float(divisor)], x, { options: operatorOptions.div() });
  const bent = writer.operator('MUL', [writer.operator('ELU', [divided], x), writer.float(alpha)], x, {
    options: operatorOptions.mul(),
  });
  return writer.operator('ADD', [writer.operator('RELU', [x], x), bent], x, {
    options: operatorOptions.add(),
  });
}
