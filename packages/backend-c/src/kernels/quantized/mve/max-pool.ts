import { integerRange } from '@ghostc/ops';
import type { Kernel } from '../../../kernel.ts';
import { range } from '../../../text/range.ts';
import { input } from '../../operands.ts';
import { maxGeometry, type PoolGeometry } from '../../pool-window.ts';
import { edgeRowsServe, windowRows } from '../max-pool.ts';
import { mvePrelude } from './prelude.ts';

/** Rows of a window whose addresses stay in registers; steps whose offsets fit a byte. */
const MOST_ROWS = 4;
const MOST_STEP = 16;

/** Maxima of 16 bytes at a time: of the rows of a window in a line, then of the taps along it. */
export const maxPool: Kernel = {
  accepts: (node) => /^[iu]8$/.test(node.output.type.dtype) && fits(maxGeometry(node)),
  scratchBytes: (node) => lineBytes(maxGeometry(node)),
  emit({ node, pointer, scratchBytes }) {
    const geometry = maxGeometry(node);
    const { dtype } = node.output.type;
    const type = dtype === 'u8' ? 'uint8_t' : 'int8_t';
    return {
      fn: {
        hint: `max_pool_${geometry.out.join('x')}`,
        params: [`const ${type} *x`, `${type} *y`, `${type} *line`],
        body: planeLoops(geometry, dtype === 'u8' ? 'u8' : 's8', integerRange(dtype)[0]),
        needs: [mvePrelude],
      },
      args: [pointer(input(node, 0)), pointer(node.output), `(${type} *)(${scratchBytes})`],
    };
  },
};

function fits(geometry: PoolGeometry): boolean {
  return geometry.kernel[0] <= MOST_ROWS && geometry.stride[1] <= MOST_STEP && edgeRowsServe(geometry);
}

const vectors = (count: number): number => Math.ceil(count / 16) * 16;

/** A row between its paddings, as far as the last vector of outputs reaches. */
function lineBytes({ size, out, kernel, stride, dilation, pads }: PoolGeometry): number {
  const read = (vectors(out[1]) - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 2;
  return vectors(Math.max((pads[1] ?? 0) + size[1], read));
}

type Element = 's8' | 'u8';

function planeLoops(geometry: PoolGeometry, element: Element, lowest: number): string[] {
  const { planes, size, out, stride } = geometry;
  return [
    `for (int i = 0; i < ${lineBytes(geometry)}; i += 16) {`,
    `vstrbq_${element}(line + i, vdupq_n_${element}(${lowest}));`,
    '}',
    ...(stepsApart(stride[1])
      ? [`const uint8x16_t from = vmulq_n_u8(vidupq_n_u8(0, 1), ${stride[1]});`]
      : []),
    `for (int p = 0; p < ${planes}; p++) {`,
    `for (int i = 0; i < ${out[0]}; i++) {`,
    ...rowMaxima(geometry, element),
    ...tapMaxima(geometry, element),
    `y += ${out[1]};`,
    '}',
    `x += ${size[0] * size[1]};`,
    '}',
  ];
}

const stepsApart = (step: number): boolean => step > 2;

/** The line: maxima of the columns of the rows under output row `i`. */
function rowMaxima(geometry: PoolGeometry, element: Element): string[] {
  const { size, kernel, pads } = geometry;
  const [width, left] = [size[1], pads[1] ?? 0];
  const rest = width % 16;
  const lines = (at: string, load: (u: number) => string, store: string): string[] => [
    `${vectorOf(element)} v = ${load(0)};`,
    ...range(kernel[0] - 1).map((u) => `v = vmaxq_${element}(v, ${load(u + 1)});`),
    `${store}(line + ${left} + ${at}, v${store.includes('_p_') ? `, vctp8q(${rest})` : ''});`,
  ];
  return [
    ...windowRows(geometry, pointee(element)),
    ...(width >= 16
      ? [
          `for (int h = 0; h < ${width - rest}; h += 16) {`,
          ...lines('h', (u) => `vldrbq_${element}(r${u} + h)`, `vstrbq_${element}`),
          '}',
        ]
      : []),
    ...(rest
      ? [
          '{',
          ...lines(
            String(width - rest),
            (u) => `vldrbq_z_${element}(r${u} + ${width - rest}, vctp8q(${rest}))`,
            `vstrbq_p_${element}`,
          ),
          '}',
        ]
      : []),
  ];
}

/** An output row: maxima of the taps of 16 windows. */
function tapMaxima({ out, kernel, stride, dilation }: PoolGeometry, element: Element): string[] {
  const rest = out[1] % 16;
  const whole = out[1] - rest;
  const lines = (at: string, store: string): string[] => [
    `const ${pointee(element)} *const s = line + ${at} * ${stride[1]};`,
    ...taps(kernel[1], dilation[1], stride[1], element),
    store,
  ];
  return [
    ...(whole
      ? [`for (int h = 0; h < ${whole}; h += 16) {`, ...lines('h', `vstrbq_${element}(y + h, v);`), '}']
      : []),
    ...(rest
      ? ['{', ...lines(String(whole), `vstrbq_p_${element}(y + ${whole}, v, vctp8q(${rest}));`), '}']
      : []),
  ];
}

/** `v`: at stride two, a load separates the taps of even and odd columns. */
function taps(count: number, dilation: number, step: number, element: Element): string[] {
  const maxima = (values: readonly string[]): string[] => [
    `${vectorOf(element)} v = ${values[0]};`,
    ...values.slice(1).map((value) => `v = vmaxq_${element}(v, ${value});`),
  ];
  const offsets = range(count).map((v) => v * dilation);
  if (step === 1) return maxima(offsets.map((at) => `vldrbq_${element}(s + ${at})`));
  if (stepsApart(step))
    return maxima(offsets.map((at) => `vldrbq_gather_offset_${element}(s + ${at}, from)`));
  const pairs = [...new Set(offsets.map((at) => at - (at % 2)))];
  return [
    ...pairs.map(
      (at) => `const ${vectorOf(element).replace('_t', 'x2_t')} d${at} = vld2q_${element}(s + ${at});`,
    ),
    ...maxima(offsets.map((at) => `d${at - (at % 2)}.val[${at % 2}]`)),
  ];
}

const pointee = (element: Element): string => (element === 's8' ? 'int8_t' : 'uint8_t');
const vectorOf = (element: Element): string => (element === 's8' ? 'int8x16_t' : 'uint8x16_t');
