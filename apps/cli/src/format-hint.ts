import { extname } from 'node:path';
import { families } from '@ghostc/ghostnet';
import { CompileError } from '@ghostc/ir';

const weightsOnly =
  "this is PyTorch's: weights, or Python objects. Export the network: torch.onnx.export(model.eval(), example, 'model.onnx')";
const keras = "this is TensorFlow's. Convert it: tf.lite.TFLiteConverter, or python -m tf2onnx.convert";

/** What to do with files of other tools, by extension. */
const formats: Readonly<Record<string, string>> = {
  '.pth': weightsOnly,
  '.pt': weightsOnly,
  '.ckpt': weightsOnly,
  '.pt2':
    "this is an exported program. Export it on: torch.onnx.export(torch.export.load('model.pt2'), dynamo=True).save('model.onnx')",
  '.safetensors':
    'these are weights without a network: give them with --state-dict to a model such as ghostnet:1.0',
  '.h5': keras,
  '.keras': keras,
  '.pb': keras,
  '.mlmodel': 'this is Core ML: export the network that it was made from to ONNX',
  '.engine': 'this is a TensorRT engine: take the ONNX model that it was made from',
};

/** Runs `load`; if MODEL is not in a supported format, its error explains how to convert it. */
export function withHint<T>(model: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    const hint = error instanceof CompileError && hintFor(model, error.code);
    throw hint ? error.at({}, [hint]) : error;
  }
}

function hintFor(model: string, code: string): string | undefined {
  const format = formats[extname(model).toLowerCase()];
  if (code === 'onnx/decode') return format;
  if (code !== 'file/missing' || format || /[/\\]/.test(model)) return undefined;
  const isName = model.includes(':') || extname(model) === '' || /ghost/i.test(model.split('.')[0] ?? '');
  return isName && !/\.(onnx|tflite|gir)$/.test(model)
    ? `nor is it FAMILY:SIZE, as in ghostnet:1.0 or ghostnetv2:1.0@192; families: ${Object.keys(families).join(', ')}`
    : undefined;
}
