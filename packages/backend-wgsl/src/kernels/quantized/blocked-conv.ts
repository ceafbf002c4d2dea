import type { KernelContext, Step } from '../../kernel.ts';
import { sourceOf } from '../operands.ts';
import { limits, wordsOfBytes } from './byte-step.ts';
import { gatherText, lanesText, limitedText, scaledText, wordText } from './integer-text.ts';
import { asSigned, type ByteLayer, channelTable, type WeightedLayer } from './weighted-layer.ts';

/** How a blocked convolution reads x and writes y. */
interface Form {
  /** Four pixels of a channel: a word of the arena, a word from any byte on, or bytes under a window. */
  readonly read: 'word' | 'bytes' | 'window';
  /** Output planes are whole words; else a workgroup has those of four channels, which are. */
  readonly whole: boolean;
  /** The channels are no multiple of four. */
  readonly tail: boolean;
}

const GROUP = 16;
const four = [0, 1, 2, 3] as const;
const lanes = ['x', 'y', 'z', 'w'] as const;

/**
 * Whether the layer can be computed in blocks. Groups have separate kernels, and images must start on whole
 * words.
 */
export function isBlocked(layer: WeightedLayer): layer is ByteLayer {
  const { N, M, OH, OW } = layer.geometry;
  return layer.weight instanceof Int8Array && layer.group === 1 && (N === 1 || (M * OH * OW) % 4 === 0);
}

/** Bytes of scratch: planes of four channels from whole words on. */
export function blockedScratchBytes({ geometry: { N, M, OH, OW } }: WeightedLayer): number {
  const plane = OH * OW;
  return plane % 4 === 0 ? 0 : 16 * N * Math.ceil(M / 4) * Math.ceil(plane / 4);
}

/**
 * An invocation computes 4 channels x 4 pixels. Weights lie as [M/4][KH][KW][C/4][4] words of four input channels of one
 * output channel, 0 beyond M and C. With dot4I8Packed the bytes of four pixels and four channels are transposed first.
 */
export function blockedConv(context: KernelContext, layer: ByteLayer): Step {
  const { node, arena, weights, scratch } = context;
  const { attrs, geometry, inner, multipliers, weight } = layer;
  const { N, C, H, W, M, OH, OW, KH, KW } = geometry;
  const { flip, zeroPoint } = asSigned(layer);
  const form = formOf(layer);
  const [blocks, quads] = [Math.ceil(M / 4), Math.ceil((OH * OW) / 4)];
  const { SY, SX, DY, DX, PT, PL } = geometry;
  const x = arena(sourceOf(node, 0));
  return {
    id: [
      'qlinear_conv2d',
      form.read,
      ...(form.whole ? [] : ['shared']),
      ...(form.tail ? ['tail'] : []),
      attrs.rounding,
    ].join('_'),
    arena: 'i32',
    weights: 'i32',
    functions: [lanesText, wordText, scaledText(attrs.rounding), limitedText, sumText, ...readers[form.read]],
    body: bodyText(form, plainTurn),
    dotBody: bodyText(form, dotTurn),
    ...(form.whole ? {} : { group: GROUP }),
    ints: {
      X_AT: form.read === 'word' ? x : x * 4,
      Y_AT: arena(node.output),
      W_AT: weights(wordsOfBytes(packReduction(weight, { channels: M, inner, taps: KH * KW }))),
      Q_AT: weights(channelTable(context, { multipliers, weight, zeroPoint })),
      ...(form.whole ? {} : { T_AT: scratch() }),
      C,
      M,
      BLOCKS: blocks,
      QUADS: quads,
      OP: OH * OW,
      P: form.read === 'word' ? (H * W) / 4 : H * W,
      FLIP: flip,
      ...(form.read === 'bytes' && { LAST: x + Math.ceil((N * C * H * W) / 4) - 1 }),
      ...(form.read === 'window' && { H, W, OW, KH, KW, SY, SX, DY, DX, PT, PL, ZX: zeroPoint }),
      ...limits(attrs),
    },
    count: form.whole ? N * blocks * quads : N * blocks,
  };
}

function formOf({ geometry, pads }: WeightedLayer): Form {
  const { C, H, W, OH, OW, KH, KW, SY, SX } = geometry;
  const pointwise = KH * KW * SY * SX === 1 && pads.every((pad) => pad === 0);
  const words = (H * W) % 4 === 0 ? 'word' : 'bytes';
  return { read: pointwise ? words : 'window', whole: (OH * OW) % 4 === 0, tail: C % 4 !== 0 };
}

interface Reduction {
  readonly channels: number;
  readonly inner: number;
  readonly taps: number;
}

/** [M, C, taps] to [M/4][taps][C/4][4 of M][4 of C]. */
function packReduction(weight: Int8Array, { channels, inner, taps }: Reduction): Int8Array {
  const [blocks, turns] = [Math.ceil(channels / 4), Math.ceil(inner / 4)];
  const packed = new Int8Array(blocks * taps * turns * 16);
  for (let m = 0; m < channels; m++)
    for (let c = 0; c < inner; c++)
      for (let t = 0; t < taps; t++) {
        const turn = ((m >> 2) * taps + t) * turns + (c >> 2);
        packed[turn * 16 + (m & 3) * 4 + (c & 3)] = weight[(m * inner + c) * taps + t] ?? 0;
      }
  return packed;
}

/** `products(w, v0, v1, v2, v3)`: four pixels of one output channel from four input channels, weights in a word. */
const sumText = `fn products(word: i32, v0: vec4i, v1: vec4i, v2: vec4i, v3: vec4i) -> vec4i {
let f = lanes(word);
return (f.x * v0 + f.y * v1) + (f.z * v2 + f.w * v3);
}`;

const wordsText = `fn transposed(a: u32, b: u32, c: u32, d: u32) -> vec4u {
let even = vec2u(a & 0x00ff00ffu, c & 0x00ff00ffu) | (vec2u(b & 0x00ff00ffu, d & 0x00ff00ffu) << vec2u(8u));
let odd = (vec2u(a >> 8u, c >> 8u) & vec2u(0x00ff00ffu)) | vec2u(b & 0xff00ff00u, d & 0xff00ff00u);
return vec4u(
(even.x & 0xffffu) | (even.y << 16u),
(odd.x & 0xffffu) | (odd.y << 16u),
(even.x >> 16u) | (even.y & 0xffff0000u),
(odd.x >> 16u) | (odd.y & 0xffff0000u)
);
}`;

/** `pixels(at)`: a word from byte `at` on. */
const unalignedText = `fn pixels(at: i32) -> i32 {
let i = at >> 2u;
let right = u32(at & 3) * 8u;
let low = u32(arena[i]) >> right;
let high = u32(arena[min(i + 1, LAST)]) << ((32u - right) & 31u);
return i32(select(low | high, low, right == 0u)) ^ FLIP;
}`;

const mergedText = `fn merged(v0: vec4i, v1: vec4i, v2: vec4i, v3: vec4i) -> vec4u {
let byte = vec4u(255u);
let low = (vec4u(v0) & byte) | ((vec4u(v1) & byte) << vec4u(8u));
return low | ((vec4u(v2) & byte) << vec4u(16u)) | (vec4u(v3) << vec4u(24u));
}`;

const readers: Readonly<Record<Form['read'], readonly string[]>> = {
  word: ['fn pixels(at: i32) -> i32 {\nreturn arena[at] ^ FLIP;\n}', wordsText],
  bytes: [unalignedText, wordsText],
  window: [gatherText, mergedText],
};

function bodyText(form: Form, turnText: Turn): string {
  const sums = four.map((i) => `var s${i} = vec4i(weights[Q_AT + min(block * 4 + ${i}, M - 1) * 3]);`);
  const compute = `${sums.join('\n')}
var w = W_AT + block * (${form.read === 'window' ? 'KH * KW * ' : ''}((C + 3) / 4) * 4);
${form.read === 'window' ? windowText(form, turnText) : pointwiseText(form, turnText)}`;
  if (!form.whole) return sharedText(compute);
  return `let q = item % QUADS;
let block = (item / QUADS) % BLOCKS;
let n = item / (QUADS * BLOCKS);
${compute}
let y = Y_AT + (n * M + block * 4) * QUADS + q;
${storeText('y + i * QUADS')}`;
}

/** Writes channel i of the block to `at`. */
const storeText = (at: string): string => `var sums = array<vec4i, 4>(s0, s1, s2, s3);
for (var i = 0; i < min(4, M - block * 4); i++) {
arena[${at}] = word_of(sums[i], block * 4 + i);
}`;

/** The planes of four channels, first in scratch memory from whole words on, then byte after byte. */
const sharedText = (compute: string): string => `let block = tile % BLOCKS;
let n = tile / BLOCKS;
let planes = T_AT + tile * 4 * QUADS;
for (var q = lane; q < QUADS; q += LANES) {
${compute}
${storeText('planes + i * QUADS + q')}
}
storageBarrier();
let bytes = min(4, M - block * 4) * OP;
let y = Y_AT + n * M * OP / 4 + block * OP;
for (var j = lane; j < (bytes + 3) / 4; j += LANES) {
var word = 0;
for (var b = 0; b < 4; b++) {
let e = j * 4 + b;
if (e < bytes) {
let p = e % OP;
let source = arena[planes + e / OP * QUADS + p / 4];
word |= ((source >> u32((p & 3) * 8)) & 255) << u32(b * 8);
}
}
arena[y + j] = word;
}`;

/** Adds four input channels to the sums. `vectors` declares them as v0 to v3, `words` as the bytes of `t`. */
type Turn = (vectors: string, words: string) => string;

const plainTurn: Turn = (vectors) =>
  `${vectors}\n${four.map((i) => `s${i} += products(weights[w + ${i}], v0, v1, v2, v3);`).join('\n')}\nw += 4;`;

function dotTurn(_vectors: string, words: string): string {
  const each = (i: number): string =>
    `let f${i} = u32(weights[w + ${i}]);\ns${i} += vec4i(${lanes.map((c) => `dot4I8Packed(t.${c}, f${i})`).join(', ')});`;
  return `${words}\n${four.map(each).join('\n')}\nw += 4;`;
}

function pointwiseText({ read, tail }: Form, turnText: Turn): string {
  const start = read === 'word' ? 'X_AT + n * C * P + q' : 'X_AT + n * C * P + q * 4';
  const turn = (word: (j: number) => string): string =>
    turnText(
      four.map((j) => `let v${j} = lanes(${word(j)});`).join('\n'),
      `let t = transposed(${four.map((j) => `u32(${word(j)})`).join(', ')});`,
    );
  return `var x = ${start};
for (var k = 0; k < C / 4; k++) {
${turn((j) => `pixels(x + ${j} * P)`)}
x += 4 * P;
}
${tail ? `{\n${turn((j) => `pixels(x + min(${j}, C % 4 - 1) * P)`)}\n}` : ''}`;
}

function windowText({ tail }: Form, turnText: Turn): string {
  const channel = (j: number): string => (tail ? `min(c + ${j}, C - 1)` : `(c + ${j})`);
  const vectors = four.map(
    (j) => `let v${j} = select(vec4i(ZX), gather(at + vec4i(${channel(j)} * P)), inside);`,
  );
  return `let pixel = min(vec4i(q * 4) + vec4i(0, 1, 2, 3), vec4i(OP - 1));
let top = pixel / vec4i(OW) * vec4i(SY) - vec4i(PT);
let left = pixel % vec4i(OW) * vec4i(SX) - vec4i(PL);
for (var u = 0; u < KH; u++) {
let y = top + vec4i(u * DY);
let row = clamp(y, vec4i(0), vec4i(H - 1)) * vec4i(W);
let inside_y = (y >= vec4i(0)) & (y < vec4i(H));
for (var t = 0; t < KW; t++) {
let x = left + vec4i(t * DX);
let inside = inside_y & (x >= vec4i(0)) & (x < vec4i(W));
let at = vec4i(X_AT + n * C * P) + row + clamp(x, vec4i(0), vec4i(W - 1));
for (var c = 0; c < C; c += 4) {
${turnText(vectors.join('\n'), `${vectors.join('\n')}\nlet t = merged(v0, v1, v2, v3);`)}
}
}
}`;
}
