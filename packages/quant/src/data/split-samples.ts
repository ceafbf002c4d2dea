import { CompileError, isStatic, numElements, reshaped, type Shape, type Tensor } from '@ghostc/ir';

/**
 * Splits stored items into network inputs. The data is one input [N,...], several [K*N,...], or items without
 * a batch axis [K,...rest]; symbolic dimensions take the size of the data, a symbolic batch 1. Throws
 * `quant/calibration` for another shape.
 */
export function splitSamples(
  stored: Tensor,
  input: { readonly name: string; readonly shape: Shape },
): Tensor[] {
  const [batch, item] = [batchSize(input.shape), input.shape.slice(1)];
  const shape = itemShape(stored.shape, input);
  const size = numElements(shape);
  const count = stored.data.length / size;
  if (count === 0) throw new CompileError('quant/calibration', `no items for input ${input.name}`);
  if (!Number.isInteger(count / batch))
    throw new CompileError(
      'quant/calibration',
      `${count} items do not fill batches of ${batch} [${item.join(',')}]`,
    );
  return Array.from({ length: count / batch }, (_, i) =>
    reshaped({ ...stored, data: part(stored, i * batch * size, batch * size) }, [batch, ...shape]),
  );
}

function part({ data }: Tensor, from: number, length: number): Tensor['data'] {
  return data.slice(from, from + length);
}

function batchSize(shape: Shape): number {
  const [batch = 1] = shape;
  return isStatic(batch) ? batch : 1;
}

/** Shape of one item: the input's without its batch, from stored [K,...item], or one [...item]. */
function itemShape(stored: readonly number[], { name, shape }: { name: string; shape: Shape }): number[] {
  const item = shape.slice(1);
  const candidates = [stored.slice(1), stored, squeezed(stored, item)];
  const found = candidates.find((candidate) => fits(candidate, item));
  if (found) return [...found];
  throw new CompileError(
    'quant/calibration',
    `input ${name} expects items of [${item.join(',')}], found data of [${stored.join(',')}]`,
  );
}

/** [K,28,28] for items of [1,28,28]: unit dimensions may be omitted. */
function squeezed(stored: readonly number[], item: Shape): number[] {
  const rest = item.filter((dim) => dim !== 1);
  const same = rest.every((dim, i) => dim === stored[stored.length - rest.length + i]);
  const extra = stored.length - rest.length;
  return same && extra <= 1 && item.every(isStatic) ? (item as number[]) : [];
}

function fits(candidate: readonly number[], item: Shape): boolean {
  return candidate.length === item.length && item.every((dim, i) => !isStatic(dim) || dim === candidate[i]);
}
