import type { Node, QuantParams, Value } from '@ghostc/ir';
import { onnxRounding } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { dequantizedFrom } from './dequantized-weights.ts';

// Float ops that only move elements, between dequantize_linear and an op that becomes an integer one, move the integers.

/** Ops between a value and the quantize_linear that is looked for: a layer, its activation, and a movement. */
const MOST_STEPS = 3;
/** Users of a value that are looked at. */
const MOST_USERS = 8;

/** Is a quantize_linear near behind the value? */
function feedsQuantize({ users }: Value, steps = MOST_STEPS): boolean {
  let left = MOST_USERS;
  for (const { op: name, output } of users) {
    if (name === 'quantize_linear' || (steps > 0 && feedsQuantize(output, steps - 1))) return true;
    if (--left === 0) return false;
  }
  return false;
}

function movesAlone({ op: name, attrs }: Node): string | false {
  if (name === 'resize' && (attrs.mode ?? 'nearest') !== 'nearest') return 'it interpolates';
  return name === 'pad' && Number(attrs.value ?? 0) !== 0 && 'it pads with another number than 0';
}

function sourcesOf({ inputs }: Node): (Value | undefined)[] {
  return inputs.map((input) => (input ? dequantizedFrom(input) : undefined));
}

// move(dequantize(x), ...), everything in one scale   =>   dequantize(move(x, ...))
export const sinkDequantize = rule({
  name: 'sink-dequantize',
  match: op(
    'concat|max_pool|pad|reshape|resize|slice|transpose',
    op('dequantize_linear', any('x')).orShared(),
  ).as('float'),
  unless: ({ x, float }) =>
    (x.constant && '%x is constant') ||
    movesAlone(float) ||
    (sourcesOf(float).some((source) => !source || !sameQuant(source, x)) && 'the scales differ') ||
    (!feedsQuantize(float.output) && 'nothing quantises it'),
  rewrite: ({ float }, build) =>
    build.node('dequantize_linear', [
      build.node(
        float.op,
        sourcesOf(float).map((source) => source ?? null),
        float.attrs,
      ),
    ]),
});

const layers = /^(conv2d|depthwise_conv2d|fully_connected|gemm|matmul)$/;

// concat(dequantize(x), ...) of several scales before a layer that is quantised   =>   dequantize(concat(requantize(x), ...))
export const raiseMixedConcat = rule({
  name: 'raise-mixed-concat',
  match: op('concat', op('dequantize_linear', any('x')).orShared()).as('float'),
  unless({ float }) {
    const { output } = float;
    if (![...output.users].every((user) => layers.test(user.op))) return 'no layer uses it';
    if (!feedsQuantize(output)) return 'nothing quantises it';
    return (
      sourcesOf(float).some((source) => source?.type.dtype !== 'i8' || source.constant) && 'a part is no int8'
    );
  },
  rewrite({ float }, build) {
    const parts = sourcesOf(float) as Value[];
    const { scale, zeroPoint } = jointQuant(parts.map(({ type }) => type.quant as QuantParams));
    const y = { y_scale: scale[0] ?? 1, y_zero_point: zeroPoint[0] ?? 0, rounding: onnxRounding };
    const scaled = parts.map((part) =>
      sameNumbers(part.type.quant, { scale, zeroPoint }) ? part : build.node('requantize', [part], y),
    );
    return build.node('dequantize_linear', [build.node('concat', scaled, float.attrs)]);
  },
});

/** The int8 quantisation of a part that covers all others, or one that does. */
function jointQuant(parts: readonly QuantParams[]): QuantParams {
  const lows = parts.map((part) => real(part, -128));
  const highs = parts.map((part) => real(part, 127));
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  const covering = parts.find((_, i) => lows[i] === low && highs[i] === high);
  if (covering) return covering;
  const scale = Math.fround((high - low) / 255);
  return { scale: [scale], zeroPoint: [Math.round(-128 - low / scale) + 0] };
}

function real({ scale, zeroPoint }: QuantParams, level: number): number {
  return (scale[0] ?? 1) * (level - (zeroPoint[0] ?? 0));
}

/** Do two values stand for numbers by one quantisation per tensor? */
export function sameQuant(a: Value, b: Value): boolean {
  return a.type.dtype === b.type.dtype && sameNumbers(a.type.quant, b.type.quant);
}

function sameNumbers(a: QuantParams | undefined, b: QuantParams | undefined): boolean {
  return a?.axis === undefined && a?.scale[0] === b?.scale[0] && a?.zeroPoint[0] === b?.zeroPoint[0];
}
