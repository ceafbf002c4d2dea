import { affineOf } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { KernelCall, KernelContext } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { range } from '../../text/range.ts';
import { type ConvGeometry, geometryName } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { type LayerData, weightType } from './accumulators.ts';
import type { OutputScale } from './output-scale.ts';

/** A convolution with any window; each output channel reads `inputs` channels of x from `first` on. */
export interface WindowConv {
  readonly hint: string;
  readonly geometry: ConvGeometry;
  readonly inputs: number;
  /** C expression of the first input channel of output channel m. */
  readonly first: string;
  readonly data: LayerData;
  readonly scale: OutputScale;
}

/** Windows of at most this many elements are unrolled if they are inside the image. */
const MAX_UNROLLED = 25;

/** y = out(b[m] + sum (x - zx) w): windows inside the image without tests, at the edge the part that is inside. */
export function windowConvCall(context: KernelContext, conv: WindowConv): KernelCall {
  const { node, pointer, weights } = context;
  const { geometry, data, scale } = conv;
  return {
    fn: {
      hint: `q_${conv.hint}_${geometryName(geometry)}`,
      params: [
        `const ${xType(context)} *x`,
        'int32_t zx',
        `const ${weightType(data)} *w`,
        `const ${data.wide ? 'int64_t' : 'int32_t'} *b`,
        ...scale.params,
        `${cType(node.output.type.dtype)} *y`,
      ],
      body: outputs(context, conv),
      needs: scale.needs,
    },
    args: [
      pointer(input(node, 0)),
      String(affineOf(input(node, 0).type, 'x').zeroPoint),
      weights(data.weight),
      weights(data.bias),
      ...scale.args,
      pointer(node.output),
    ],
  };
}

function xType({ node }: KernelContext): string {
  return cType(input(node, 0).type.dtype);
}

function outputs(context: KernelContext, conv: WindowConv): string[] {
  const { batch, channels, height, width, m, outHeight, outWidth, strideY, strideX, padTop, padLeft } =
    conv.geometry;
  const pixel = [
    `const int left = j * ${strideX} - ${padLeft};`,
    `${conv.data.wide ? 'int64_t' : 'int32_t'} a = b[m];`,
    ...windowLines(context, conv),
    `*y++ = ${conv.scale.output('a', 'm')};`,
  ];
  const planes = loop('m', m, [
    `const ${xType(context)} *xm = x + ${conv.first === '0' ? '0' : `${conv.first} * ${height * width}`};`,
    `const ${weightType(conv.data)} *wm = w + m * ${conv.geometry.inner};`,
    ...loop('i', outHeight, [`const int top = i * ${strideY} - ${padTop};`, ...loop('j', outWidth, pixel)]),
  ]);
  return batch === 1 ? planes : loop('n', batch, [...planes, `x += ${channels * height * width};`]);
}

function windowLines(context: KernelContext, conv: WindowConv): string[] {
  if (isLargerThanImage(conv.geometry)) return edge(context, conv);
  const inside = insideTest(conv.geometry);
  if (inside === '') return interior(context, conv);
  return [`if (${inside}) {`, ...interior(context, conv), '} else {', ...edge(context, conv), '}'];
}

function isLargerThanImage(geometry: ConvGeometry): boolean {
  const { height, width, kernelHeight, kernelWidth, dilationY, dilationX } = geometry;
  return (kernelHeight - 1) * dilationY >= height || (kernelWidth - 1) * dilationX >= width;
}

/** Does the window at `top`, `left` lie inside the image? Empty where all do. */
function insideTest(geometry: ConvGeometry): string {
  const { height, width, kernelHeight, kernelWidth, dilationY, dilationX, padTop, padLeft } = geometry;
  const { outHeight, outWidth, strideY, strideX } = geometry;
  const side = (
    name: string,
    size: number,
    reach: number,
    [pad, last]: readonly [number, number],
  ): string[] => [
    ...(pad > 0 ? [`${name} >= 0`] : []),
    ...(last > size - reach ? [`${name} <= ${size - reach}`] : []),
  ];
  const reachY = (kernelHeight - 1) * dilationY + 1;
  const reachX = (kernelWidth - 1) * dilationX + 1;
  return [
    ...side('top', height, reachY, [padTop, (outHeight - 1) * strideY - padTop]),
    ...side('left', width, reachX, [padLeft, (outWidth - 1) * strideX - padLeft]),
  ].join(' && ');
}

function interior(context: KernelContext, { geometry, inputs, data }: WindowConv): string[] {
  const { height, width, kernelHeight, kernelWidth, dilationY, dilationX } = geometry;
  const taps = kernelHeight * kernelWidth;
  const sums =
    taps <= MAX_UNROLLED
      ? range(taps).map((t) => {
          const at = Math.floor(t / kernelWidth) * dilationY * width + (t % kernelWidth) * dilationX;
          return `a += (xp[${at}] - zx) * wp[${t}];`;
        })
      : loop(
          'u',
          kernelHeight,
          loop('v', kernelWidth, [
            `a += (xp[u * ${dilationY * width} + v * ${dilationX}] - zx) * wp[u * ${kernelWidth} + v];`,
          ]),
        );
  return [
    `const ${xType(context)} *xp = xm + top * ${width} + left;`,
    `const ${weightType(data)} *wp = wm;`,
    ...channelLoop(inputs, sums, [`xp += ${height * width};`, `wp += ${taps};`]),
  ];
}

function edge(context: KernelContext, { geometry, inputs, data }: WindowConv): string[] {
  const { height, width, kernelHeight, kernelWidth, dilationY, dilationX } = geometry;
  const taps = kernelHeight * kernelWidth;
  return [
    ...inRange('u', 'top', { kernel: kernelHeight, dilation: dilationY, size: height }),
    ...inRange('v', 'left', { kernel: kernelWidth, dilation: dilationX, size: width }),
    `const ${xType(context)} *xp = xm;`,
    `const ${weightType(data)} *wp = wm;`,
    ...channelLoop(
      inputs,
      [
        'for (int u = u0; u < u1; u++) {',
        'for (int v = v0; v < v1; v++) {',
        `a += (xp[(top + u * ${dilationY}) * ${width} + left + v * ${dilationX}] - zx) * wp[u * ${kernelWidth} + v];`,
        '}',
        '}',
      ],
      [`xp += ${height * width};`, `wp += ${taps};`],
    ),
  ];
}

interface Side {
  readonly kernel: number;
  readonly dilation: number;
  readonly size: number;
}

/** First and end of the window elements inside [0, size): `u0`, `u1`. */
function inRange(name: string, start: string, { kernel, dilation, size }: Side): string[] {
  const up = (v: string): string => (dilation === 1 ? v : `(${v} + ${dilation - 1}) / ${dilation}`);
  return [
    `const int ${name}0 = ${start} < 0 ? ${up(`-${start}`)} : 0;`,
    `const int ${name}1 = ${start} > ${size - 1 - (kernel - 1) * dilation} ? ${up(`(${size} - ${start})`)} : ${kernel};`,
  ];
}

function channelLoop(inputs: number, body: readonly string[], step: readonly string[]): string[] {
  return inputs === 1 ? [...body] : loop('c', inputs, [...body, ...step]);
}
