import { CompileError, numElements, type Shape, sameShape, staticShape } from '@ghostc/ir';
import { defineOp, type Named } from '../define-op.ts';
import { conv2d } from '../window/conv2d.ts';
import { depthwiseConv2d } from '../window/depthwise-conv2d.ts';
import { averagePool } from '../window/pool.ts';
import { compositeFacts } from './composite-facts.ts';
import type { PartMaker } from './part-maker.ts';
import { tensorParts } from './tensor-parts.ts';

const dfcInputs = [
  'x',
  'features',
  'point_weight',
  'point_bias?',
  'row_weight',
  'row_bias?',
  'column_weight',
  'column_bias?',
] as const;

/**
 * Decoupled fully connected attention (GhostNetV2, NeurIPS 2022) with its batch norms folded:
 *   y = features * resize(sigmoid(columns(rows(point(mean 2x2 of x)))))
 * x [N,C,H,W], features [N,M,H',W'], point_weight [M,C,1,1], row_weight [M,1,1,k] and column_weight [M,1,k,1], k odd;
 * rows and columns are depthwise and padded by half their kernel; resize takes nearest neighbours (asymmetric, floor).
 */
export const dfcAttention = defineOp({
  name: 'dfc_attention',
  inputs: dfcInputs,
  attrs: {},
  traits: ['reduction'],
  computed: 'composite',
  ...compositeFacts,
  error: { kind: 'parts' },
  random: { place: 'none', domain: 'any', attrs: {} },
  infer({ x, features, point_weight: point, row_weight: row, column_weight: column }) {
    const [pooled] = averagePool.inferTypes([x], dfcPool);
    const [wide] = conv2d.inferTypes([pooled, point, null, null], {});
    const [rows] = depthwiseConv2d.inferTypes([wide, row, null, null], halfPadded(row.shape));
    const [map] = depthwiseConv2d.inferTypes([rows, column, null, null], halfPadded(column.shape));
    const fits = sameShape(map.shape.slice(0, 2), features.shape.slice(0, 2));
    if (!fits || features.shape.length !== 4)
      throw new CompileError(
        'dfc_attention/infer',
        `features expect [${map.shape.slice(0, 2).join(',')},H,W], found [${features.shape.join(',')}]`,
      );
    return { dtype: features.dtype, shape: features.shape };
  },
  parts: attended,
  evaluate: (inputs, attrs) => attended(inputs, attrs, tensorParts),
  macs({ x, point_weight: point, row_weight: row, column_weight: column }) {
    const [pooled] = averagePool.inferTypes([x], dfcPool);
    const [n, , height, width] = pooled.shape.map(Number);
    const weights = [point, row, column].map(({ shape }) => numElements(shape));
    return (n ?? 1) * (height ?? 1) * (width ?? 1) * weights.reduce((sum, count) => sum + count, 0);
  },
});

function attended<V>(
  inputs: Named<(typeof dfcInputs)[number], V>,
  _attrs: object,
  { make, shapeOf }: PartMaker<V>,
): V {
  const { features, row_weight: row, column_weight: column } = inputs;
  const pooled = make('average_pool', [inputs.x], dfcPool);
  const wide = make('conv2d', [pooled, inputs.point_weight, inputs.point_bias]);
  const across = make('depthwise_conv2d', [wide, row, inputs.row_bias], halfPadded(shapeOf(row)));
  const down = make('depthwise_conv2d', [across, column, inputs.column_bias], {
    ...halfPadded(shapeOf(column)),
    activation: 'sigmoid',
  });
  return make('mul', [features, make('resize', [down], dfcResize(shapeOf(features)))]);
}

/** Attributes of the first step as an `average_pool`. */
export const dfcPool = { kernel_shape: [2, 2], strides: [2, 2] } as const;

/** Attributes of rows or columns as a `depthwise_conv2d`, by the shape of the weight. */
export function halfPadded(weight: Shape): { readonly pads: readonly number[] } {
  const [height = 0, width = 0] = weight.slice(2).map((dim) => Number(dim) >> 1);
  return { pads: [height, width, height, width] };
}

/** Attributes of the last step as a `resize`. Throws where the shape is not fixed. */
export function dfcResize(shape: Shape) {
  return {
    sizes: staticShape(shape),
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  } as const;
}
