import type { Executable, Tensors } from '@ghostc/conformance';
import { type DType, fromNumbers, type Graph, isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { castBoundary } from '@ghostc/passes';
import { passesBoundary } from './ort-session.ts';

/** A type that the engine's boundary takes and that holds every value of `dtype`. */
function carrier(dtype: DType): DType {
  if (isFloat(dtype)) return 'f32';
  return dtype.startsWith('u') ? 'u8' : 'i8';
}

/**
 * The graph with casts at inputs and outputs whose element type cannot be passed from JavaScript (bfloat16,
 * 8-bit floats, integers of less than a byte). Every such value has an exact counterpart in the carrying
 * type.
 */
export function withBoundaryCasts(model: Graph): Graph {
  return castBoundary(model, ({ dtype }) => (passesBoundary(dtype) ? dtype : carrier(dtype)));
}

/** The engine of a graph with boundary casts, seen with the model's own types. */
export function throughBoundary(engine: Executable, model: Graph): Executable {
  const convert = (tensors: Tensors, typeOf: (name: string, tensor: Tensor) => DType): Tensors =>
    new Map([...tensors].map(([name, tensor]) => [name, converted(tensor, typeOf(name, tensor))]));
  const outputs = new Map(model.outputs.map(({ name, value }) => [name, value.type.dtype]));
  return {
    ...engine,
    run: async (inputs) => {
      const given = convert(inputs, (_, { dtype }) => (passesBoundary(dtype) ? dtype : carrier(dtype)));
      return convert(await engine.run(given), (name, { dtype }) => outputs.get(name) ?? dtype);
    },
  };
}

function converted(tensor: Tensor, dtype: DType): Tensor {
  return tensor.dtype === dtype ? tensor : fromNumbers(dtype, tensor.shape, toNumbers(tensor));
}
