import { CompileError } from '@ghostc/ir';
import { ByteBuffer } from 'flatbuffers';

/** Elements that a reader may be told of, for each byte of the file: tables can share vectors, but no writer does it much. */
const ELEMENTS_PER_BYTE = 4;

/**
 * A FlatBuffers buffer for bytes that nobody vouches for. The library reads past the end without a word and believes
 * every length; here each access is checked against the end, each length against the bytes that follow it, and the sum of
 * lengths against the size of the file, so that a small file cannot make a reader loop for long.
 */
export class CheckedByteBuffer extends ByteBuffer {
  #elements = 0;

  override readUint8(offset: number): number {
    this.#check(offset, 1);
    return super.readUint8(offset);
  }

  override readUint16(offset: number): number {
    this.#check(offset, 2);
    return super.readUint16(offset);
  }

  override readInt32(offset: number): number {
    this.#check(offset, 4);
    return super.readInt32(offset);
  }

  override __vector_len(offset: number): number {
    return this.#length(this.__indirect(offset));
  }

  override __string(offset: number, encoding?: unknown): string | Uint8Array {
    this.#length(this.__indirect(offset));
    return super.__string(offset, encoding as undefined);
  }

  /** The 32-bit length at `offset`, if that many bytes follow. */
  #length(offset: number): number {
    const length = this.readUint32(offset);
    this.#elements += length;
    if (this.#elements > ELEMENTS_PER_BYTE * this.capacity())
      throw new CompileError('tflite/decode', 'vectors are used more often than a file of this size needs');
    this.#check(offset + 4, length);
    return length;
  }

  #check(offset: number, bytes: number): void {
    if (offset >= 0 && offset + bytes <= this.capacity()) return;
    throw new CompileError(
      'tflite/decode',
      `expected ${bytes} bytes at offset ${offset}, the file has ${this.capacity()}: it is truncated or no TFLite model`,
    );
  }
}
