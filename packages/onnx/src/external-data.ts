import { checkExternalLocation } from './check-external-location.ts';

/** Offsets are multiples of a page, so that readers may map the file: onnx.proto. */
const PAGE = 4096;

/**
 * Weights in a separate file next to a model. Throws `onnx/external-data` for a location outside the model's
 * folder.
 */
export class ExternalData {
  readonly location: string;
  readonly #least: number;
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #length = 0;

  /** `location` is the path of the file from the model's folder; tensors of fewer than `least` bytes stay in the model. */
  constructor(location: string, least = 1024) {
    checkExternalLocation(location);
    this.location = location;
    this.#least = least;
  }

  /** The fields of a TensorProto, its data moved out if it is long enough. */
  moved(tensor: { readonly raw_data?: Uint8Array }): object {
    const { raw_data: bytes, ...rest } = tensor;
    if (!bytes || bytes.length < this.#least) return tensor;
    const offset = Math.ceil(this.#length / PAGE) * PAGE;
    this.#parts.push({ offset, bytes });
    this.#length = offset + bytes.length;
    const entries = { location: this.location, offset, length: bytes.length };
    const external_data = Object.entries(entries).map(([key, value]) => ({ key, value: String(value) }));
    return { ...rest, data_location: 1, external_data };
  }

  /** The content of the file, after the model was written. */
  bytes(): Uint8Array {
    const file = new Uint8Array(this.#length);
    for (const { offset, bytes } of this.#parts) file.set(bytes, offset);
    return file;
  }
}
