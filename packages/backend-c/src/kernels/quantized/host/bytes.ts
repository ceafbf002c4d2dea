import { hasAvx512 } from '../../../dispatch.ts';
import type { Prelude } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import type { Int8Layer } from '../int8-layer.ts';
import type { LayerText } from '../tuned-layer.ts';
import { MOST_LANES, type QuadOrder } from './gemm.ts';
import { lanesPrelude } from './prelude.ts';
import { requantConstants, requantStore } from './requant-text.ts';

/**
 * Convolutions with VNNI: four bytes of an input pixel by four weights are one lane of a product. It takes inputs as unsigned,
 * so they are stored with 128 added, and each sum starts from -128 times the sum of its weights.
 */

/** Output channels of a tile, and its registers of pixels: 24 of the 32 registers hold sums. */
export const BYTE_ROWS = 8;
export const BYTE_COLUMNS = 3;

/** Registers of pixels of each tile of a line of `pixels`; the last register of the last tile ends with the line. */
export interface Tiling {
  /** Tiles of `columns` + 1 registers, and of `columns` after them. */
  readonly wide: number;
  readonly narrow: number;
  readonly columns: number;
}

export function tilingOf(pixels: number): Tiling {
  const registers = Math.ceil(pixels / MOST_LANES);
  const tiles = Math.ceil(registers / BYTE_COLUMNS);
  const wide = registers % tiles;
  return { wide, narrow: tiles - wide, columns: Math.floor(registers / tiles) };
}

/** Runs `tile`, for so many registers, on each tile; `p` is its first pixel and `e` where its last register starts. */
export function eachTile(pixels: number, tile: (columns: number) => readonly string[]): string[] {
  const { wide, narrow, columns } = tilingOf(pixels);
  const run = (count: number, width: number, first: string): string[] => [
    `for (int i = 0; i < ${count}; i++) {`,
    `const int p = ${first} + i * ${width * MOST_LANES};`,
    `const int e = p + ${width * MOST_LANES} <= ${pixels} ? p + ${(width - 1) * MOST_LANES} : ${pixels - MOST_LANES};`,
    ...tile(width),
    '}',
  ];
  const end = wide * (columns + 1) * MOST_LANES;
  return [...(wide ? run(wide, columns + 1, '0') : []), ...run(narrow, columns, String(end))];
}

/** Runs `block` on blocks of output channels. */
export function eachBlock(channels: number, block: (rows: number) => readonly string[]): string[] {
  const rest = channels % BYTE_ROWS;
  return [
    ...(channels >= BYTE_ROWS
      ? [`for (int m = 0; m < ${channels - rest}; m += ${BYTE_ROWS}) {`, ...block(BYTE_ROWS), '}']
      : []),
    ...(rest ? ['{', ...block(rest), '}'] : []),
  ];
}

/** Bytes of the weights of some output channels: the starts of their sums, then [step][channel][4]. */
export function blockBytes(channels: number, steps: number): number {
  return 4 * channels * (steps + 1);
}

/** As `overGroups` takes them. */
export function groupWeights(steps: number) {
  return { type: 'int8_t', perChannel: blockBytes(1, steps), w: 'wb', q: 'qb' } as const;
}

/** Quads of weights of an output channel, and which weights they are. */
interface Quads {
  readonly steps: number;
  readonly order: QuadOrder;
}

/** The weights of a convolution, as `ByteText` has them. */
export function byteWeights(layer: Int8Layer, quads: Quads): Pick<ByteText, 'weightBytes' | 'pack'> {
  return { weightBytes: blockBytes(layer.geometry.m, quads.steps), pack: () => packBytes(layer, quads) };
}

function packBytes({ geometry, weight }: Int8Layer, { steps, order }: Quads): Int8Array {
  const { m, group, inner } = geometry;
  const perGroup = m / group;
  const packed = new DataView(new ArrayBuffer(group * blockBytes(perGroup, steps)));
  let at = 0;
  for (let g = 0; g < group; g++) {
    for (let first = 0; first < perGroup; first += BYTE_ROWS) {
      const rows = range(Math.min(BYTE_ROWS, perGroup - first)).map((r) =>
        weight.subarray((g * perGroup + first + r) * inner, (g * perGroup + first + r + 1) * inner),
      );
      for (const row of rows) {
        packed.setInt32(at, -128 * row.reduce((sum, w) => sum + w, 0), true);
        at += 4;
      }
      for (let step = 0; step < steps; step++)
        for (const row of rows)
          for (let lane = 0; lane < 4; lane++) packed.setInt8(at++, row[order(step, lane)] ?? 0);
    }
  }
  return new Int8Array(packed.buffer);
}

/** The tile function of so many output channels and registers, and what it depends on. */
export function byteTile(rows: number, columns: number): Prelude {
  const sum = (row: number, column: number): string => `a${row}_${column}`;
  const each = (text: (row: number, column: number) => string): string[] =>
    range(rows).flatMap((row) => range(columns).map((column) => text(row, column)));
  return {
    name: `int8-bytes-${rows}x${columns}`,
    needs: [bytesPrelude],
    lines: [
      `#if ${hasAvx512}`,
      '/* Sums of `units` parts of x, `step` bytes apart, at the offsets `taps`; the last register is `last` bytes from the first. */',
      `static void bytes_${rows}x${columns}(${parameters.join(', ')})`,
      '{',
      ...range(rows).flatMap((row) => [
        `__m512i ${range(columns)
          .map((column) => `${sum(row, column)} = v_word(w${row ? ` + ${4 * row}` : ''})`)
          .join(', ')};`,
      ]),
      ...(columns === 1 ? ['(void)last;'] : []),
      `w += ${4 * rows};`,
      'for (int u = 0; u < units; u++) {',
      'for (int t = 0; t < count; t++) {',
      'const int8_t *const at = x + taps[t];',
      ...range(columns).map((column) => {
        const offset = column === 0 ? '' : column === columns - 1 ? ' + last' : ` + ${64 * column}`;
        return `const __m512i x${column} = v_all_bytes(at${offset});`;
      }),
      ...range(rows).flatMap((row) => [
        '{',
        `const __m512i v = v_word(w${row ? ` + ${4 * row}` : ''});`,
        ...range(columns).map(
          (column) => `${sum(row, column)} = v_bytes_dot(${sum(row, column)}, x${column}, v);`,
        ),
        '}',
      ]),
      `w += ${4 * rows};`,
      '}',
      'x += step;',
      '}',
      ...each(
        (row, column) =>
          `_mm512_storeu_si512((void *)(s + ${(row * BYTE_COLUMNS + column) * MOST_LANES}), ${sum(row, column)});`,
      ),
      '}',
      '#endif',
    ],
  };
}

const parameters = [
  'const int8_t *w',
  'const int8_t *x',
  'int last',
  'const int32_t *taps',
  'int count',
  'int units',
  'int step',
  'int32_t *s',
];

export const bytesPrelude: Prelude = {
  name: 'int8-bytes',
  needs: [lanesPrelude],
  lines: [
    `#if ${hasAvx512}`,
    'static inline __m512i v_word(const int8_t *p)',
    '{',
    'int32_t word;',
    'memcpy(&word, p, 4);',
    'return _mm512_set1_epi32(word);',
    '}',
    '',
    '/* GCC copies sums around its builtin. */',
    'static inline __m512i v_bytes_dot(__m512i a, __m512i x, __m512i w)',
    '{',
    '#if defined(__GNUC__)',
    '__asm__("vpdpbusd {%2, %1, %0|%0, %1, %2}" : "+v"(a) : "v"(x), "v"(w));',
    'return a;',
    '#else',
    'return _mm512_dpbusd_epi32(a, x, w);',
    '#endif',
    '}',
    '',
    'static inline __m512i v_all_bytes(const int8_t *p)',
    '{',
    '__m512i a = _mm512_loadu_si512((const void *)p);',
    'HOLD8(a);',
    'return a;',
    '}',
    '',
    'static inline vsum v_sum_at(const int32_t *p)',
    '{',
    'return _mm512_loadu_si512((const void *)p);',
    '}',
    '',
    '/* 16 bytes of four lines as 16 quads, with 128 added. */',
    'static inline void v_turn_quads(int8_t *to, const int8_t *p, const int8_t *q, const int8_t *r, const int8_t *s)',
    '{',
    'const __m512i words = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);',
    'const __m512i bytes = _mm512_broadcast_i32x4(_mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0));',
    '__m512i a = _mm512_castsi128_si512(v_bytes(p));',
    'a = _mm512_inserti32x4(a, v_bytes(q), 1);',
    'a = _mm512_inserti32x4(a, v_bytes(r), 2);',
    'a = _mm512_inserti32x4(a, v_bytes(s), 3);',
    'a = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(words, a), bytes);',
    '_mm512_storeu_si512((void *)to, _mm512_xor_si512(a, _mm512_set1_epi8(-128)));',
    '}',
    '',
    '/* Copies n bytes; up to 63 after them become `outside`. 128 is added to all. */',
    'static inline void v_copy_offset(int8_t *to, const int8_t *from, int n, int8_t outside)',
    '{',
    'if (n <= 16) {',
    'const __mmask16 part = (__mmask16)(0xffff >> (16 - n));',
    'const __m128i a = _mm_mask_loadu_epi8(_mm_set1_epi8(outside), part, (const void *)from);',
    '_mm_storeu_si128((__m128i *)(void *)to, _mm_xor_si128(a, _mm_set1_epi8(-128)));',
    'return;',
    '}',
    'for (; n > 0; n -= 64, to += 64, from += 64) {',
    'const __mmask64 part = n < 64 ? UINT64_MAX >> (64 - n) : UINT64_MAX;',
    'const __m512i a = _mm512_mask_loadu_epi8(_mm512_set1_epi8(outside), part, (const void *)from);',
    '_mm512_storeu_si512((void *)to, _mm512_xor_si512(a, _mm512_set1_epi8(-128)));',
    '}',
    '}',
    '',
    '/* A quad of each of 16 windows: `words` spreads them over the quarters of a register, `bytes` takes them from there. */',
    'static inline __m512i v_window_quads(const int8_t *p, __m512i words, __m512i bytes)',
    '{',
    'return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(words, _mm512_loadu_si512((const void *)p)), bytes);',
    '}',
    '#endif',
  ],
};

export interface TileCall {
  readonly rows: number;
  readonly columns: number;
  readonly x: string;
  /** Bytes from the first register to the last, as C. */
  readonly last: string;
  readonly taps: string;
  readonly count: number;
  readonly units: number;
  readonly step: number;
}

/** Computes a tile, moves `wm` and `qm` on, and runs `store` on its rows: r, and what stores the register `column` to a target. */
export function tileText(
  { plan }: Int8Layer,
  { rows, columns, x, last, taps, count, units, step }: TileCall,
  store: (stored: (column: number, target: string) => string[]) => readonly string[],
): string[] {
  const words = ['wm', x, last, taps, ...[count, units, step].map(String), 'sums'];
  return [
    `bytes_${rows}x${columns}(${words.join(', ')});`,
    `wm += ${blockBytes(rows, count * units)};`,
    `for (int r = 0; r < ${rows}; r++) {`,
    ...requantConstants(plan, 'qm'),
    ...store((column, target) => [
      '{',
      `const vsum sum = v_add(v_sum_at(sums + r * ${BYTE_COLUMNS * MOST_LANES}${column ? ` + ${column * MOST_LANES}` : ''}), bias);`,
      requantStore(plan, 'sum', target),
      '}',
    ]),
    `qm += ${plan.words};`,
    '}',
  ];
}

/** Where a tile function puts its sums. */
export const sumsText = `int32_t sums[${BYTE_ROWS * BYTE_COLUMNS * MOST_LANES}];`;

/** Sizes of all tiles of a layer. */
export function tilePreludes(channels: number, pixels: number): Prelude[] {
  const { wide, columns } = tilingOf(pixels);
  const widths = wide ? [columns, columns + 1] : [columns];
  const rest = channels % BYTE_ROWS;
  const heights = [...(channels >= BYTE_ROWS ? [BYTE_ROWS] : []), ...(rest ? [rest] : [])];
  return heights.flatMap((rows) => widths.map((width) => byteTile(rows, width)));
}

/** A layer with VNNI. */
export interface ByteText {
  readonly needs: readonly Prelude[];
  readonly weightBytes: number;
  readonly pack: () => Int8Array;
  /** Of scratch. */
  readonly bytes: number;
  /** Of x, y, the scratch, the weights `wb` and the table `qb`. */
  readonly body: readonly string[];
}

/** The layer as `other`, but as `text` where there are the instructions. Its weights lie before the others. */
export function withBytes(other: LayerText, text: ByteText | null): LayerText {
  if (!text) return other;
  const { fn, packWeight, scratch, inPlace } = other;
  const words = fn.params[1]?.includes('int32_t') ?? false;
  return {
    fn: {
      ...fn,
      needs: [...(fn.needs ?? []), ...text.needs],
      helpers: fn.helpers?.map((helper) => ({ ...helper, optional: true })),
      body: [
        `#if ${hasAvx512}`,
        'const int8_t *const wb = (const int8_t *)(const void *)w;',
        `const int32_t *const qb = ${fn.params[2]?.split('*')[1]};`,
        ...text.body,
        '#else',
        `w += ${words ? text.weightBytes / 4 : text.weightBytes};`,
        ...fn.body,
        '#endif',
      ],
    },
    packWeight: () => joined(text.pack(), packWeight()),
    scratch: { bytes: Math.max(scratch?.bytes ?? 0, text.bytes), type: 'int8_t' },
    inPlace,
  };
}

/** Both, in the type of the second. */
function joined(bytes: Int8Array, others: Int8Array | Int32Array): Int8Array | Int32Array {
  if (others instanceof Int8Array) {
    const all = new Int8Array(bytes.length + others.length);
    all.set(bytes);
    all.set(others, bytes.length);
    return all;
  }
  const view = new DataView(bytes.buffer);
  const words = new Int32Array(bytes.length / 4 + others.length);
  for (let i = 0; i < bytes.length / 4; i++) words[i] = view.getInt32(4 * i, true);
  words.set(others, bytes.length / 4);
  return words;
}
