import type { Rounding } from '@ghostc/ops';

/** `byte(i)`: byte i of the arena as an int32, of i8 or u8. */
export function byteText(dtype: string): string {
  const value =
    dtype === 'u8'
      ? '(arena[i >> 2u] >> (u32(i & 3) * 8u)) & 255'
      : 'extractBits(arena[i >> 2u], u32(i & 3) * 8u, 8u)';
  return `fn byte(i: i32) -> i32 {\nreturn ${value};\n}`;
}

/** `weight(i)`: byte i of the weights, signed. */
export const weightText =
  'fn weight(i: i32) -> i32 {\nreturn extractBits(weights[i >> 2u], u32(i & 3) * 8u, 8u);\n}';

/** The same of weights of 16 bits. */
export const wideWeightText =
  'fn weight(i: i32) -> i32 {\nreturn extractBits(weights[i >> 1u], u32(i & 1) * 16u, 16u);\n}';

/** `lanes(word)`: its four signed bytes. */
export const lanesText =
  'fn lanes(word: i32) -> vec4i {\nreturn (vec4i(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u);\n}';

const fourBytes = (words: string): string => `{
let words = ${words};
return (words << (vec4u((vec4i(3) - (at & vec4i(3)))) * 8u)) >> vec4u(24u);
}`;
const wordsAt = (buffer: string): string =>
  `vec4i(${['x', 'y', 'z', 'w'].map((lane) => `${buffer}[at.${lane} >> 2u]`).join(', ')})`;

/** `gather(at)`: four bytes of the arena, made signed by FLIP. */
export const gatherText = `fn gather(at: vec4i) -> vec4i ${fourBytes(`${wordsAt('arena')} ^ vec4i(FLIP)`)}`;

/** `factors(at)`: four bytes of the weights, signed. */
export const factorsText = `fn factors(at: vec4i) -> vec4i ${fourBytes(wordsAt('weights'))}`;

/** `packed(v)`: the low bytes of four numbers as one word. */
export const packedText = `fn packed(v: vec4i) -> i32 {
let low = (v & vec4i(255)) << vec4u(0u, 8u, 16u, 24u);
return (low.x | low.y) | (low.z | low.w);
}`;

/**
 * The 64 bits of a * b, low word first; b >= 0. From 16-bit halves, a = 2^16 h + l: no sum of two of the four products
 * leaves int32 when the carry goes through the middle ones, one after the other.
 */
const product = `fn product(a: i32, b: i32) -> vec2u {
let low = u32(a & 0xffff) * u32(b & 0xffff);
let first = (a >> 16u) * (b & 0xffff) + i32(low >> 16u);
let second = (a & 0xffff) * (b >> 16u) + (first & 0xffff);
let high = (a >> 16u) * (b >> 16u) + (first >> 16u) + (second >> 16u);
return vec2u((u32(second) << 16u) | (low & 0xffffu), u32(high));
}`;

/**
 * `doubled(a, b)`: round(a b 2^-31), ties up, b >= 0: `roundingDoublingHighMul` of @ghostc/ops. `raised(x, left)`: x 2^left
 * saturated to int32.
 */
export const doublingText = `${product}

fn doubled(a: i32, b: i32) -> i32 {
let p = product(a, b);
let carry = select(0u, 1u, p.x >= 0xc0000000u);
return i32(((p.y + carry) << 1u) | ((p.x + 0x40000000u) >> 31u));
}

fn raised(x: i32, left: u32) -> i32 {
let most = 0x7fffffff >> left;
return select(select(x << left, 0x7fffffff, x > most), -0x7fffffff - 1, x < -most - 1);
}`;

/** round(x m 2^(shift - 31)) as `scaleBy` of @ghostc/ops with double rounding: ties up at 2^-31, then away from zero. */
const scaleDouble = `${doublingText}

fn scaled(x: i32, m: i32, shift: i32) -> i32 {
let right = u32(max(-shift, 0));
let high = doubled(raised(x, u32(max(shift, 0))), m);
let mask = i32((1u << right) - 1u);
let half = (mask >> 1u) + select(0, 1, high < 0);
return (high >> right) + select(0, 1, (high & mask) > half);
}`;

/** floor(x m 2^(shift - 31) + 1/2) saturated to int32: `scaleBy` with single rounding. */
const scaleSingle = `${product}

fn scaled(x: i32, m: i32, shift: i32) -> i32 {
let p = product(x, m);
let at = u32(30 - shift);
let half = vec2u(select(1u << at, 0u, at > 31u), select(0u, 1u << (at - 32u), at > 31u));
let low = p.x + half.x;
let high = i32(p.y + half.y + select(0u, 1u, low < p.x));
let right = at + 1u;
if (right > 31u) {
return high >> (right - 32u);
}
let result = i32((low >> right) | (u32(high) << (32u - right)));
if ((high >> right) == (result >> 31u)) {
return result;
}
return select(0x7fffffff, -0x7fffffff - 1, high < 0);
}`;

/** `scaled(x, multiplier, shift)`: the arithmetic of requantize.ts. */
export function scaledText(rounding: Rounding): string {
  return rounding === 'double' ? scaleDouble : scaleSingle;
}

/** `limited(v)`: min(max(v, lo - zero point), hi - zero point) + zero point, from the parameters LO, HI, ZY. */
export const limitedText = 'fn limited(v: i32) -> i32 {\nreturn clamp(v, LO, HI) + ZY;\n}';

/** `word_of(sum, m)`: four pixels of channel m, requantised by the table at Q_AT. A loop, since software adapters inline every call. */
export const wordText = `fn word_of(sum: vec4i, m: i32) -> i32 {
let at = Q_AT + m * 3;
var v = sum;
var word = 0;
for (var j = 0; j < 4; j++) {
word |= (limited(scaled(v[j], weights[at + 1], weights[at + 2])) & 255) << u32(j * 8);
}
return word;
}`;
