import { affineOf, attrsOf, qlinearConvTranspose2d, weightMultipliers } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { type ConvGeometry, convGeometry, geometryName } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { layerData } from './accumulators.ts';
import { outputScale } from './output-scale.ts';

/** Outputs of a row that are summed at once: they stay in the first cache. */
const block = 64;

/** The walk of the float kernel over sums of x minus its zero point: no zero is multiplied, nothing is spread out. */
export const convTranspose2d: Kernel = {
  emit(context) {
    const { node, pointer, weights } = context;
    const attrs = attrsOf(qlinearConvTranspose2d, node);
    const geometry = convGeometry(node, attrs);
    const data = layerData(node);
    const x = input(node, 0);
    const scale = outputScale(context, {
      multipliers: weightMultipliers(x.type, input(node, 1).type, attrs),
      wide: data.wide,
      attrs,
    });
    const sum = data.wide ? 'int64_t' : 'int32_t';
    return {
      fn: {
        hint: `q_conv_transpose_${geometryName(geometry)}${geometry.group > 1 ? `_g${geometry.group}` : ''}`,
        params: [
          `const ${cType(x.type.dtype)} *x`,
          'int32_t zx',
          'const int8_t *w',
          `const ${sum} *b`,
          ...scale.params,
          `${cType(attrs.y_dtype)} *y`,
        ],
        body: [`${sum} s[${block}];`, ...outputs(geometry, cType(x.type.dtype), scale.output('s[k]', 'm'))],
        needs: scale.needs,
      },
      args: [
        pointer(x),
        String(affineOf(x.type, 'x').zeroPoint),
        weights(data.weight),
        weights(data.bias),
        ...scale.args,
        pointer(node.output),
      ],
    };
  },
};

function outputs(geometry: ConvGeometry, type: string, output: string): string[] {
  const { batch, group, channels, height, width, m, outHeight, outWidth, inner, strideX } = geometry;
  return loop('n', batch * m, [
    `const int m = n % ${m};`,
    `const ${type} *xg = x + ((n / ${m}) * ${channels} + (m / ${m / group}) * ${channels / group}) * ${height * width};`,
    `const int8_t *wm = w + m * ${inner};`,
    ...loop('i', outHeight, [
      `for (int p = 0; p < ${strideX}; p++) {`,
      `const int count = (${outWidth + strideX - 1} - p) / ${strideX};`,
      `for (int q = 0; q < count; q += ${block}) {`,
      `const int most = count - q < ${block} ? count - q : ${block};`,
      'for (int k = 0; k < most; k++) {',
      's[k] = b[m];',
      '}',
      ...taps(geometry, type),
      'for (int k = 0; k < most; k++) {',
      `y[(n * ${outHeight} + i) * ${outWidth} + p + (q + k) * ${strideX}] = ${output};`,
      '}',
      '}',
      '}',
    ]),
  ]);
}

/** Adds what each tap reaches of a row of outputs that are apart by the stride. */
function taps(geometry: ConvGeometry, type: string): string[] {
  const { kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft } = geometry;
  const { height, width, inner } = geometry;
  const size = kernelHeight * kernelWidth;
  return [
    `for (int u = 0; u < ${kernelHeight}; u++) {`,
    `const int row = i + ${padTop} - u * ${dilationY};`,
    `if (row < 0 || row % ${strideY} != 0 || row / ${strideY} >= ${height}) {`,
    'continue;',
    '}',
    `for (int v = 0; v < ${kernelWidth}; v++) {`,
    `const int column = p + ${padLeft} - v * ${dilationX};`,
    `if (column % ${strideX} != 0) {`,
    'continue;',
    '}',
    `const int at = q + column / ${strideX};`,
    'const int from = at < 0 ? -at : 0;',
    `const int to = ${width} - at < most ? ${width} - at : most;`,
    ...loop('c', inner / size, [
      `const ${type} *xr = xg + c * ${height * width} + row / ${strideY} * ${width} + at;`,
      `const int32_t wt = wm[c * ${size} + u * ${kernelWidth} + v];`,
      'for (int k = from; k < to; k++) {',
      's[k] += (xr[k] - zx) * wt;',
      '}',
    ]),
    '}',
    '}',
  ];
}
