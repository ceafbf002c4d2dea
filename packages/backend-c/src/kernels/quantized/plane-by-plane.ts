import { type CFunction, helperName, type Prelude } from '../../kernel.ts';
import { type ConvGeometry, geometryName, planeName } from '../conv-geometry.ts';
import type { Int8Layer } from './int8-layer.ts';
import { requantTerms } from './requant-plan.ts';

/** A depthwise convolution; of the layer's output channels per input channel, the last input channels may have none. */
export type Depthwise = Pick<Int8Layer, 'geometry' | 'multiplier' | 'xZeroPoint' | 'plan'>;

/** The code of one channel, on a ring of as many padded lines as the window has rows. */
export interface PlaneCode {
  readonly needs: Prelude;
  /** Works on x, w, q, y, lines and offset. */
  readonly body: readonly string[];
  /** What padding is filled with: a parameter of the plane where its code names it, and its value. */
  readonly padding: { readonly name: string; readonly value: string };
  /** int32 of a line. */
  readonly lineWords: number;
  /** Lines that are filled with padding at first; absent: as many as the window has rows. */
  readonly lines?: number;
}

/**
 * A depthwise convolution, channel by channel. Layers with planes of one geometry share the code for a plane: what differs,
 * padding and offset, are parameters of it.
 */
export function planeByPlane(conv: Depthwise, code: PlaneCode): CFunction {
  const { needs, body, padding } = code;
  const params = [
    'const int8_t *x',
    'const int8_t *w',
    'const int32_t *q',
    'int8_t *y',
    'int32_t *lines',
  ] as const;
  const named = new RegExp(`\\b${padding.name}\\b`);
  const padded = body.some((text) => named.test(text));
  const plane: CFunction = {
    hint: `q_plane_${planeName(conv.geometry)}`,
    needs: [needs],
    params: [...params, 'int32_t offset', ...(padded ? [`int32_t ${padding.name}`] : [])],
    body,
  };
  return {
    hint: `q_dw_${geometryName(conv.geometry)}`,
    needs: [needs],
    params,
    body: channelLoops(conv, code, padded ? [padding.value] : []),
    helpers: [plane],
  };
}

/** Calls the plane for every output channel of every image. */
function channelLoops(
  { geometry, multiplier, plan }: Depthwise,
  { padding, lineWords, lines = geometry.kernelHeight }: PlaneCode,
  padded: readonly string[],
): string[] {
  const { batch, channels, m, height, width, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const pixels = height * width;
  const args = ['x', 'w', 'q', 'y', 'lines', requantTerms(plan, 'q').offset, ...padded];
  const image = [
    `for (int i = 0; i < ${m}; i++) {`,
    `${helperName(0)}(${args.join(', ')});`,
    `w += ${kernelHeight * kernelWidth};`,
    `q += ${plan.words};`,
    `y += ${outHeight * outWidth};`,
    multiplier === 1 ? `x += ${pixels};` : `x += i % ${multiplier} == ${multiplier - 1} ? ${pixels} : 0;`,
    '}',
  ];
  const unused = (channels - Math.floor(m / multiplier)) * pixels;
  return [
    `for (int i = 0; i < ${lines * lineWords}; i++) {`,
    `lines[i] = ${padding.value};`,
    '}',
    ...(batch === 1
      ? image
      : [
          `for (int n = 0; n < ${batch}; n++) {`,
          ...image,
          ...(unused ? [`x += ${unused};`] : []),
          `w -= ${m * kernelHeight * kernelWidth};`,
          `q -= ${m * plan.words};`,
          '}',
        ]),
  ];
}

/** Lines of C around the ring of lines. */
export interface RingCode {
  /** C expression: address of the first pixel of line `slot`. */
  readonly line: string;
  /** Fills the line at `line` with row `row` of x. */
  readonly fill: readonly string[];
  /** Declares the weights as the window finds them whose first row is in line `first`. */
  readonly weights: string;
  /** Output row `v` from the lines. */
  readonly output: readonly string[];
}

/** All output rows of a channel: before each, the rows that its windows read are put into the ring. */
export function overRows(geometry: ConvGeometry, { line, fill, weights, output }: RingCode): string[] {
  const { kernelHeight, strideY, padTop, outHeight } = geometry;
  const back = strideY % kernelHeight;
  return [
    `int row = ${-padTop};`,
    'int slot = 0;',
    'int first = 0;',
    `for (int v = 0; v < ${outHeight}; v++) {`,
    `for (; row < v * ${strideY} + ${kernelHeight - padTop}; row++) {`,
    `int32_t *line = ${line};`,
    ...fill,
    `slot = slot == ${kernelHeight - 1} ? 0 : slot + 1;`,
    '}',
    weights,
    ...output,
    ...(back ? [`first = first < ${back} ? first + ${kernelHeight - back} : first - ${back};`] : []),
    '}',
  ];
}
