import {
  CompileError,
  fromNumbers,
  isFloat,
  isStatic,
  itemAt,
  type Tensor,
  toNumbers,
  type Value,
  withLocation,
} from '@ghostc/ir';
import { normalize, splitSamples } from '@ghostc/quant';
import { axisOrderOf, channelsFirstShape, toChannelsLast } from '../calibration/axis-order.ts';
import type { CalibrationSpec } from '../calibration/calibration-spec.ts';
import { withChannelsFirst } from '../calibration/read-array.ts';
import { readPicture } from '../calibration/read-picture.ts';
import { fitToModel } from '../fit-to-model.ts';

const bytesAsTheyAre = { mean: [0], std: [1], scale: 1 };

/** Pictures prepared for the input, decoded on demand. */
export function pictureItems(
  files: readonly string[],
  input: Value,
  spec: CalibrationSpec,
): (item: number) => Tensor {
  return (item) => {
    const file = itemAt(files, item);
    return withLocation({ file }, () =>
      asInput(readPicture(file, input, takesBytes(input) ? { ...spec, ...bytesAsTheyAre } : spec), input),
    );
  };
}

/** The items of an array [N,...], prepared for the input. */
export function arrayItems(stored: Tensor, input: Value, spec: CalibrationSpec): (item: number) => Tensor {
  const shape = checkedShape(input);
  const last = axisOrderOf(shape) === 'nhwc';
  const first = withChannelsFirst(
    stored,
    last && endsLike(stored, shape) ? { ...spec, layout: 'nhwc' } : spec,
  );
  const items = splitSamples(first, { name: input.name, shape: channelsFirstShape(shape) });
  if (items.length !== stored.shape[0])
    throw new CompileError(
      'data/shape',
      `input ${input.name} expects items of [${shape.slice(1).join(',')}], found data of [${stored.shape.join(',')}]`,
    );
  return (item) => {
    const one = itemAt(items, item);
    const normal = takesBytes(input) ? one : normalize(one, spec);
    return asInput(last ? toChannelsLast(normal) : normal, input);
  };
}

/** The input for one item. Throws `data/batch` where it holds more. */
function checkedShape({ name, type: { shape } }: Value): Value['type']['shape'] {
  const [batch = 1] = shape;
  if (!isStatic(batch) || batch === 1) return shape;
  throw new CompileError(
    'data/batch',
    `input ${name} expects ${batch} items at once; evaluate gives one, so export the model with a batch of 1`,
  );
}

const endsLike = ({ shape: stored }: Tensor, shape: Value['type']['shape']): boolean =>
  stored.length === 4 && stored[3] === shape[3] && stored[1] === shape[1];

/** Integers that are not quantised. */
function takesBytes({ type: { dtype, quant } }: Value): boolean {
  return !isFloat(dtype) && !quant;
}

function asInput(tensor: Tensor, { name, type }: Value): Tensor {
  const other = tensor.dtype !== type.dtype && !type.quant;
  const typed = other ? fromNumbers(type.dtype, tensor.shape, toNumbers(tensor)) : tensor;
  return fitToModel(typed, type, { file: name, kind: 'input', name });
}
