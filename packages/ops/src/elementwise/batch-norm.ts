import { fromNumbers, numElements, toNumbers } from '@ghostc/ir';
import { float } from '../attr-spec.ts';
import { defineOp } from '../define-op.ts';
import { checkBias } from '../window/conv2d.ts';

/** y = scale * (x - mean) / sqrt(variance + epsilon) + shift, per channel (axis 1); inference form of ONNX BatchNormalization. */
export const batchNorm = defineOp({
  name: 'batch_norm',
  inputs: ['x', 'scale', 'shift', 'mean', 'variance'],
  attrs: { epsilon: float(1e-5) },
  traits: [],
  computed: 'composite',
  integerForm: { kind: 'none' },
  onIntegers: 'none',
  error: { kind: 'normalized' },
  ulp: 6,
  storage: 'own',
  rows: 'none',
  channels: 'none',
  epilogue: { kind: 'none' },
  factor: 'stopped',
  nan: 'kept',
  random: { place: 'structure', domain: 'any', attrs: {} },
  infer({ x, scale, shift, mean, variance }) {
    for (const parameter of [scale, shift, mean, variance]) checkBias(parameter, x.shape[1] ?? 1);
    return { dtype: x.dtype, shape: x.shape };
  },
  evaluate({ x, ...parameters }, { epsilon }, [type]) {
    const data = toNumbers(x);
    const [scale, shift, mean, variance] = [
      parameters.scale,
      parameters.shift,
      parameters.mean,
      parameters.variance,
    ].map(toNumbers);
    const channels = x.shape[1] ?? 1;
    const inner = numElements(x.shape.slice(2));
    const at = (values: ArrayLike<number> | undefined, c: number): number => Number(values?.[c]);
    const out = new Float64Array(data.length);
    for (let start = 0; start < data.length; start += inner) {
      const c = (start / inner) % channels;
      const [s, m, t, root] = [at(scale, c), at(mean, c), at(shift, c), Math.sqrt(at(variance, c) + epsilon)];
      for (let i = start; i < start + inner; i++) out[i] = (s * ((data[i] ?? 0) - m)) / root + t;
    }
    return fromNumbers(type.dtype, x.shape, out);
  },
});
