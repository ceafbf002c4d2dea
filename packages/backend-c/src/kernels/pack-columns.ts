import { range } from '../text/range.ts';
import { type ConvGeometry, insideTest } from './conv-geometry.ts';

/**
 * Copies the windows of the output pixels p, p+1, ... (a block of them) into col[k][pixel], k = (channel, u, v) as in the
 * weights. Windows inside the image are copied without tests; the others take zeros outside.
 */
export function packColumns(geometry: ConvGeometry, block: string): string[] {
  const { outWidth, strideY, strideX, padTop, padLeft } = geometry;
  return [
    `for (int i = 0; i < ${block}; i++) {`,
    `const int top = (p + i) / ${outWidth} * ${strideY} - ${padTop};`,
    `const int left = (p + i) % ${outWidth} * ${strideX} - ${padLeft};`,
    'float *c = col + i;',
    `if (${insideTest(geometry)}) {`,
    ...overChannels(geometry, [
      `const float *s = x + (c0 * ${geometry.height} + top + u * ${geometry.dilationY}) * ${geometry.width} + left;`,
      ...range(geometry.kernelWidth).map((v) => `c[${v} * ${block}] = s[${v * geometry.dilationX}];`),
      `c += ${geometry.kernelWidth} * ${block};`,
    ]),
    '} else {',
    ...overChannels(geometry, [
      `const int row = top + u * ${geometry.dilationY};`,
      `for (int v = 0; v < ${geometry.kernelWidth}; v++) {`,
      `const int column = left + v * ${geometry.dilationX};`,
      `const int inside = row >= 0 && row < ${geometry.height} && column >= 0 && column < ${geometry.width};`,
      `*c = inside ? x[(c0 * ${geometry.height} + row) * ${geometry.width} + column] : 0.0f;`,
      `c += ${block};`,
      '}',
    ]),
    '}',
    '}',
  ];
}

function overChannels({ channels, group, kernelHeight }: ConvGeometry, body: readonly string[]): string[] {
  return [
    `for (int c0 = 0; c0 < ${channels / group}; c0++) {`,
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    ...body,
    '}',
    '}',
  ];
}
