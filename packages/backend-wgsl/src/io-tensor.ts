import { byteSize, numElements, staticShape, type TensorType } from '@ghostc/ir';
import type { IoTensor, IoType } from '@ghostc/wgsl-runtime';

/** An input or output as manifests describe it, at a byte of the arena. */
export function ioTensor(name: string, type: TensorType, offset: number): IoTensor {
  const shape = staticShape(type.shape);
  const bytes = numElements(shape) * byteSize(type.dtype);
  return { name, shape, dtype: type.dtype as IoType, offset, bytes, ...quantOf(type) };
}

function quantOf({ dtype, quant }: TensorType): Pick<IoTensor, 'quant'> {
  const [scale, zeroPoint = 0] = [quant?.scale[0], quant?.zeroPoint[0]];
  if (scale === undefined || quant?.axis !== undefined || dtype === 'f32') return {};
  return { quant: { scale, zeroPoint } };
}
