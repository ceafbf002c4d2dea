import type { Node, Value } from '@ghostc/ir';
import { carried } from '../op-groups.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { dequantizedFrom } from './dequantized-weights.ts';

// Float ops that only move elements, between dequantize_linear and an op that becomes an integer one, are
// applied to the integers.

/** Maximum number of ops between a value and the quantize_linear: a layer, its activation, and a movement. */
const MOST_STEPS = 3;
/** Maximum number of users of a value that are searched. */
const MOST_USERS = 8;

/** Whether a quantize_linear follows soon after the value. */
export function feedsQuantize({ users }: Value, steps = MOST_STEPS): boolean {
  let left = MOST_USERS;
  for (const { op: name, output } of users) {
    if (name === 'quantize_linear' || (steps > 0 && feedsQuantize(output, steps - 1))) return true;
    if (--left === 0) return false;
  }
  return false;
}

export function onlyMoves({ op: name, attrs }: Node): string | false {
  if (name === 'resize' && (attrs.mode ?? 'nearest') !== 'nearest') return 'it interpolates';
  return name === 'pad' && Number(attrs.value ?? 0) !== 0 && 'it pads with another number than 0';
}

function sourcesOf({ inputs }: Node): (Value | undefined)[] {
  return inputs.map((input) => (input ? dequantizedFrom(input) : undefined));
}

// move(dequantize(x), ...), all in one scale   =>   dequantize(move(x, ...))
export const sinkDequantize = rule({
  name: 'sink-dequantize',
  match: op(carried, op('dequantize_linear', any('x')).orShared())
    .as('float')
    .others(),
  unless: ({ x, float }) =>
    (x.constant && '%x is constant') ||
    onlyMoves(float) ||
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

/** Whether two values have the same per-tensor quantisation. */
export function sameQuant(a: Value, b: Value): boolean {
  const [p, q] = [a.type.quant, b.type.quant];
  const same = p?.axis === undefined && p?.scale[0] === q?.scale[0] && p?.zeroPoint[0] === q?.zeroPoint[0];
  return same && a.type.dtype === b.type.dtype;
}
