import { fromNumbers, numElements, type TensorType, toNumbers } from '@ghostc/ir';
import { float } from './attr-spec.ts';
import { checkBias } from './conv2d.ts';
import { defineOp } from './define-op.ts';

/** y = scale * (x - mean) / sqrt(variance + epsilon) + shift, per channel (axis 1); inference form of ONNX BatchNormalization. */
export const batchNorm = defineOp({
  name: 'batch_norm',
  inputs: ['x', 'scale', 'shift', 'mean', 'variance'],
  attrs: { epsilon: float(1e-5) },
  traits: [],
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
    const out = Float64Array.from(data, (value, i) => {
      const c = Math.floor(i / inner) % channels;
      return (at(scale, c) * (value - at(mean, c))) / Math.sqrt(at(variance, c) + epsilon) + at(shift, c);
    });
    return fromNumbers((type as TensorType).dtype, x.shape, out);
  },
});
