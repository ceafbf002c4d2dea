import { affineOf, attrsOf, qlinearConvTranspose2d, weightMultipliers } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { type ConvGeometry, convGeometry, geometryName } from '../conv-geometry.ts';
import { input } from '../operands.ts';
import { transposedWalk } from '../transposed-walk.ts';
import { layerData, weightType } from './accumulators.ts';
import { outputScale } from './output-scale.ts';

/** Sums of x minus its zero point times the weights. */
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
    const xType = cType(x.type.dtype);
    const { group, outHeight, outWidth } = geometry;
    const sum = data.wide ? 'int64_t' : 'int32_t';
    return {
      fn: {
        hint: `q_conv_transpose_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
        params: [
          `const ${xType} *x`,
          'int32_t zx',
          `const ${weightType(data)} *w`,
          `const ${sum} *b`,
          ...scale.params,
          `${cType(attrs.y_dtype)} *y`,
        ],
        body: transposedWalk(geometry, {
          types: { x: xType, weight: weightType(data), sum },
          channelSums: channelSums(geometry, xType),
          plane: [],
          store: (j) => [`y[(n * ${outHeight} + i) * ${outWidth} + ${j}] = ${scale.output('s[k]', 'm')};`],
        }),
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

/** A channel to a pass. */
function channelSums(
  { inner, kernelHeight, kernelWidth, strideY, height, width }: ConvGeometry,
  type: string,
): string[] {
  const size = kernelHeight * kernelWidth;
  return loop('c', inner / size, [
    `const ${type} *xr = xg + c * ${height * width} + row / ${strideY} * ${width} + at;`,
    `const int32_t wt = wm[c * ${size} + u * ${kernelWidth} + v];`,
    'for (int k = from; k < to; k++) {',
    's[k] += (xr[k] - zx) * wt;',
    '}',
  ]);
}
