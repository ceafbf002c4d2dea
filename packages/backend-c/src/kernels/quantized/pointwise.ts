import { cType } from '../../c-type.ts';
import type { KernelCall, KernelContext } from '../../kernel.ts';
import { range } from '../../text/range.ts';
import { input } from '../operands.ts';
import { type LayerData, weightType } from './accumulators.ts';
import type { OutputScale } from './output-scale.ts';

/** y[n][m][p] = out(b[m] + sum_k w[m][k] x[n][k][p]) on raw x: 1x1 convolutions, and fully connected layers with one pixel. */
export interface Pointwise {
  readonly batch: number;
  readonly inner: number;
  readonly channels: number;
  /** Pixels. */
  readonly plane: number;
  /** With the zero point of x folded in. */
  readonly bias: LayerData['bias'];
  readonly data: LayerData;
  readonly scale: OutputScale;
}

/** Blocks of 2 channels and 4 pixels, or 4 channels of one pixel, in registers. */
export function pointwiseCall(context: KernelContext, task: Pointwise): KernelCall {
  const { node, pointer, weights } = context;
  const { inner, channels, plane, scale } = task;
  return {
    fn: {
      hint: `q_pointwise_${inner}x${plane}_${channels}`,
      params: [
        `const ${cType(input(node, 0).type.dtype)} *x`,
        `const ${weightType(task.data)} *w`,
        `const ${accumulator(task)} *b`,
        ...scale.params,
        `${cType(node.output.type.dtype)} *y`,
      ],
      body: pointwiseBody(task, task.plane === 1 ? 4 : 2, (rows) => rowBlock(context, task, rows)),
      needs: scale.needs,
    },
    args: [
      pointer(input(node, 0)),
      weights(task.data.weight),
      weights(task.bias),
      ...scale.args,
      pointer(node.output),
    ],
  };
}

function accumulator({ data }: Pointwise): string {
  return data.wide ? 'int64_t' : 'int32_t';
}

/** Loops over images and over blocks of `rows` output channels; the last ones are single. */
export function pointwiseBody(
  { batch, inner, channels, plane }: Pointwise,
  rows: number,
  block: (rows: number) => readonly string[],
): string[] {
  const whole = channels - (channels % rows);
  const body = [
    ...(whole ? [`for (int m = 0; m < ${whole}; m += ${rows}) {`, ...block(rows), '}'] : []),
    ...(channels % rows ? [`for (int m = ${whole}; m < ${channels}; m++) {`, ...block(1), '}'] : []),
  ];
  if (batch === 1) return body;
  return [
    `for (int n = 0; n < ${batch}; n++) {`,
    ...body,
    `x += ${inner * plane};`,
    `y += ${channels * plane};`,
    '}',
  ];
}

function rowBlock(context: KernelContext, task: Pointwise, rows: number): string[] {
  const { plane, inner } = task;
  const columns = Math.min(4, plane);
  const whole = plane - (plane % columns);
  const first = [`const ${weightType(task.data)} *wm = w + m * ${inner};`];
  if (plane === 1) return [...first, ...block(context, task, [rows, 1])];
  return [
    ...first,
    `for (int p = 0; p < ${whole}; p += ${columns}) {`,
    ...block(context, task, [rows, columns]),
    '}',
    ...(whole < plane
      ? [`for (int p = ${whole}; p < ${plane}; p++) {`, ...block(context, task, [rows, 1]), '}']
      : []),
  ];
}

function block(
  { node }: KernelContext,
  task: Pointwise,
  [rows, columns]: readonly [number, number],
): string[] {
  const { inner, plane, scale } = task;
  const cells = range(rows).flatMap((r) => range(columns).map((c) => ({ r, c, name: `a${r}${c}` })));
  const pixel = plane === 1 ? '' : ' + p';
  const term = ({ r, c, name }: (typeof cells)[number]): string => `${name} += w${r} * x${c};`;
  const target = (r: number, c: number): string => `y[(m + ${r}) * ${plane}${pixel}${c ? ` + ${c}` : ''}]`;
  return [
    ...cells.map(({ r, name }) => `${accumulator(task)} ${name} = b[m + ${r}];`),
    `const ${cType(input(node, 0).type.dtype)} *xk = x${pixel};`,
    `for (int k = 0; k < ${inner}; k++) {`,
    ...range(rows).map((r) => `const int32_t w${r} = wm[k + ${r * inner}];`),
    ...range(columns).map((c) => `const int32_t x${c} = xk[${c}];`),
    ...cells.map(term),
    `xk += ${plane};`,
    '}',
    ...cells.map(({ r, c, name }) => `${target(r, c)} = ${scale.output(name, `m + ${r}`)};`),
  ];
}
