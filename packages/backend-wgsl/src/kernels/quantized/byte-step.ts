import { numElements, type Value } from '@ghostc/ir';
import { clampRange, type Requantized } from '@ghostc/ops';
import type { Step } from '../../kernel.ts';

interface ByteStep {
  readonly id: string;
  /** Among them `fn value(e: i32) -> i32`: output element e. */
  readonly functions: readonly string[];
  readonly ints: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly output: Value;
  /** Offset of the output in words. */
  readonly at: number;
}

/**
 * A step whose output has bytes for elements. One invocation computes the four of a word, so that no two write one word;
 * bytes of the last word beyond the end become 0: nothing lives there, since values start on whole words.
 */
export function byteStep({ id, functions, ints, floats, output, at }: ByteStep): Step {
  const length = numElements(output.type.shape);
  return {
    id,
    arena: 'i32',
    weights: 'i32',
    functions,
    body: `var word = 0;
for (var j = 0; j < 4; j++) {
let e = item * 4 + j;
if (e < LENGTH) {
word |= (value(e) & 255) << u32(8 * j);
}
}
arena[Y_AT + item] = word;`,
    ints: { LENGTH: length, Y_AT: at, ...ints },
    ...(floats && { floats }),
    count: Math.ceil(length / 4),
  };
}

/** The parameters of `limited`. */
export function limits(attrs: Requantized): { LO: number; HI: number; ZY: number } {
  const [low, high] = clampRange(attrs);
  const zero = attrs.y_zero_point;
  return { LO: low - zero, HI: high - zero, ZY: zero };
}

/** Bytes as the words of the weight buffer, the last one filled up with 0. */
export function wordsOfBytes(data: Int8Array | Uint8Array | Int16Array): Int32Array {
  const words = new Int32Array(Math.ceil(data.byteLength / 4));
  new Uint8Array(words.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return words;
}
