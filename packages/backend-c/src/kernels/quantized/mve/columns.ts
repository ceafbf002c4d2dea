import type { ConvGeometry } from '../../conv-geometry.ts';
import { vectorsOf } from './gemm.ts';

/** Offsets of eight pixels in `col`: 16 bytes a pixel, four pixels together. */
export function pixelOffsets(k: number): string[] {
  const quad = vectorsOf(k) * 64;
  return [
    'const uint16x8_t lane = vidupq_n_u16(0, 1);',
    'const uint16x8_t to = vaddq_u16(vmulq_n_u16(vandq_u16(lane, vdupq_n_u16(3)), 16),',
    `vmulq_n_u16(vshrq_n_u16(lane, 2), ${quad}));`,
  ];
}

/** Zeros in the last vectors of k, whose end no channel fills. Weights need no padding then. */
export function clearLastVectors(k: number, pixels: number): string[] {
  if (k % 16 === 0) return [];
  const quads = Math.ceil(pixels / 8) * 2;
  const vectors = vectorsOf(k);
  return [
    `for (int i = 0; i < ${quads}; i++) {`,
    'for (int j = 0; j < 4; j++) {',
    `vstrbq_s8(col + i * ${vectors * 64} + ${(vectors - 1) * 64} + 16 * j, vdupq_n_s8(0));`,
    '}',
    '}',
  ];
}

/** Lines that store element `k` of up to 16 pixels: `load(first, count)` gives C for eight of them as int16. */
export function scatterPixels(
  { k, pixels }: { readonly k: number; readonly pixels: number },
  load: (first: number, count: number) => string,
): string[] {
  const group = vectorsOf(k) * 128;
  return [
    `vstrbq_scatter_offset_s16(c, to, ${load(0, Math.min(8, pixels))});`,
    ...(pixels > 8 ? [`vstrbq_scatter_offset_s16(c + ${group}, to, ${load(8, pixels - 8)});`] : []),
  ];
}

/** Runs `body` for k = 0 to K - 1 with `c` at the place of k in `col`. */
export function overChannels(k: number, body: readonly string[]): string[] {
  const whole = Math.floor(k / 16);
  const inner = (count: string): string[] => [`for (int i = 0; i < ${count}; i++) {`, ...body, 'c++;', '}'];
  return [
    'int8_t *c = col;',
    ...(whole > 1
      ? [`for (int v = 0; v < ${whole}; v++) {`, ...inner('16'), 'c += 48;', '}']
      : whole
        ? [...inner('16'), ...(k % 16 ? ['c += 48;'] : [])]
        : []),
    ...(k % 16 ? inner(String(k % 16)) : []),
  ];
}

/** Fills `col` with `pixels` pixels from `x + p` on, of all channels. */
export function pointwiseColumns(geometry: ConvGeometry, pixels: number): string[] {
  const { height, width, inner } = geometry;
  return [
    'const int8_t *s = x + p;',
    ...overChannels(inner, [
      ...scatterPixels({ k: inner, pixels }, (first, count) =>
        count === 8
          ? `vldrbq_s16(s${first ? ` + ${first}` : ''})`
          : `vldrbq_z_s16(s${first ? ` + ${first}` : ''}, vctp16q(${count}))`,
      ),
      `s += ${height * width};`,
    ]),
  ];
}
