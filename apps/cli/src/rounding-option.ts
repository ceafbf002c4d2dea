import { roundings } from '@ghostc/ops';
import { Option } from 'commander';

/** How quantised layers of an ONNX model round if the model does not specify it. */
export function roundingOption(): Option {
  return new Option(
    '--rounding <kind>',
    'rounding of int8 layers in ONNX models that do not specify it: once, as ONNX Runtime (if absent), or twice, as TFLite (for the target tflite)',
  ).choices(roundings);
}
