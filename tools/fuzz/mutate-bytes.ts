import type { Random } from './random.ts';

/** No input grows beyond this many bytes. */
const MAX_BYTES = 1 << 20;

const interesting = [0, 1, 0x7f, 0x80, 0xff];

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const overwrite: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  copy[random.below(copy.length)] = random.below(3) ? random.below(256) : random.pick(interesting);
  return copy;
};

const flip: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  const at = random.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
};

const cut: Mutation = (bytes, random) => {
  const from = random.below(bytes.length);
  return join(bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(16)));
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length));

const repeat: Mutation = (bytes, random) => {
  const from = random.below(bytes.length);
  const part = bytes.subarray(from, from + 1 + random.below(64));
  return join(
    bytes.subarray(0, from),
    ...Array.from({ length: 1 + random.below(8) }, () => part),
    bytes.subarray(from),
  );
};

/** The head of one input and the tail of another. */
const cross: Mutation = (bytes, random, other) =>
  join(
    bytes.subarray(0, random.below(bytes.length)),
    other.subarray(random.below(Math.max(1, other.length))),
  );

const mutations: readonly Mutation[] = [overwrite, overwrite, flip, cut, truncate, repeat, cross];

/** One to four blind changes of some bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let result = bytes;
  for (let i = random.below(4); i >= 0; i--)
    result = result.length ? random.pick(mutations)(result, random, other) : other;
  return result.slice(0, MAX_BYTES);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
