import { CompileError, fromNumbers, numElements, type TensorType, toNumbers } from '@ghostc/ir';
import { float, int } from '../attr-spec.ts';
import { compositeFacts } from '../composite/composite-facts.ts';
import type { PartMaker } from '../composite/part-maker.ts';
import { type AttrValues, defineOp, type Named } from '../define-op.ts';
import { normalAxis } from '../movement/movement.ts';

const inputs = ['x', 'scale', 'shift?'] as const;
const attrs = { axis: int(-1), epsilon: float(1e-5) } as const;

/**
 * ONNX LayerNormalization: scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance over the axes from `axis`
 * on; scale and shift have the sizes of those axes.
 */
export const layerNorm = defineOp({
  name: 'layer_norm',
  inputs,
  attrs,
  traits: ['reduction'],
  computed: 'kernel',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'none', domain: 'any', attrs: {} },
  parts: normalized,
  infer({ x, scale, shift }, { axis }) {
    const shape = x.shape.slice(normalAxis(axis, x.shape.length));
    checkSizes('scale', scale, shape);
    if (shift) checkSizes('shift', shift, shape);
    return { dtype: x.dtype, shape: x.shape };
  },
  evaluate({ x, scale, shift }, { axis, epsilon }) {
    const size = numElements(x.shape.slice(normalAxis(axis, x.shape.length)));
    const [data, factors] = [toNumbers(x), toNumbers(scale)];
    const terms = shift ? toNumbers(shift) : new Float64Array(size);
    const out = new Float64Array(data.length);
    for (let start = 0; start < data.length; start += size) {
      const row = Float64Array.from(data.subarray(start, start + size));
      const mean = row.reduce((sum, v) => sum + v, 0) / size;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size;
      const deviation = Math.sqrt(variance + epsilon);
      out.set(
        row.map((v, i) => ((v - mean) / deviation) * (factors[i] ?? 0) + (terms[i] ?? 0)),
        start,
      );
    }
    return fromNumbers(x.dtype, x.shape, out);
  },
});

function normalized<V>(
  { x, scale, shift }: Named<(typeof inputs)[number], V>,
  { axis, epsilon }: AttrValues<typeof attrs>,
  { make, scalar, shapeOf }: PartMaker<V>,
): V {
  const rank = shapeOf(x).length;
  const first = normalAxis(axis, rank);
  const over = { axes: Array.from({ length: rank - first }, (_, i) => first + i), keepdims: true };
  const centred = make('sub', [x, make('reduce_mean', [x], over)]);
  const variance = make('reduce_mean', [make('mul', [centred, centred])], over);
  const deviation = make('sqrt', [make('add', [variance, scalar(x, epsilon)])]);
  const scaled = make('mul', [make('div', [centred, deviation]), scale]);
  return shift ? make('add', [scaled, shift]) : scaled;
}

function checkSizes(what: string, { shape }: TensorType, expected: TensorType['shape']): void {
  if (shape.join() === expected.join()) return;
  throw new CompileError(
    'layer_norm/infer',
    `${what} expects [${expected.join(',')}], found [${shape.join(',')}]`,
  );
}
