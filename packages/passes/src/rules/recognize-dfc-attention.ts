import { isStaticShape, type Node, sameShape } from '@ghostc/ir';
import {
  attrsOf,
  averagePool,
  conv2d,
  depthwiseConv2d,
  dfcAttention,
  halfPadded,
  intsOf,
  resize,
} from '@ghostc/ops';
import { expanded } from '../expanded.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const mean = op('average_pool', any('x')).as('pool');
const point = op('conv2d', mean, constant('point_weight')).as('point').others().anyEpilogue();
const rows = op('depthwise_conv2d', point, constant('row_weight')).as('rows').others().anyEpilogue();
const columns = op('depthwise_conv2d', rows, constant('column_weight')).as('columns').others().anyEpilogue();
const gate = op('resize', columns).as('gate');

// f * resize(sigmoid(5x1(1x5(1x1(mean 2x2 of x)))))   =>   dfc_attention(x, f)
export const recognizeDfcAttention = rule({
  name: 'recognize-dfc-attention',
  match: op('mul', any('features'), gate).as('product').anyEpilogue(),
  unless: ({ features, pool, point, rows, columns, gate, product }) => {
    if (!sameShape(features.type.shape, gate.output.type.shape)) return 'the attention broadcasts';
    if ((product.attrs.activation ?? 'none') !== 'none') return 'the product has an activation';
    return (
      poolRefusal(pool) ||
      pointRefusal(point) ||
      stripRefusal(rows, 'none') ||
      stripRefusal(columns, 'sigmoid') ||
      resizeRefusal(gate)
    );
  },
  rewrite: ({ x, features, pool, point, rows, columns, gate, product }, build) => {
    const weights = [point, rows, columns].flatMap(({ inputs }) => [inputs[1] ?? null, inputs[2] ?? null]);
    const parts = [pool, point, rows, columns, gate, product];
    const source = { partOrigins: parts.map(({ origin }) => origin) };
    return build.node('dfc_attention', [x, features, ...weights], {}, source);
  },
});

// dfc_attention(x, f)   =>   f * resize(sigmoid(columns(rows(point(mean 2x2 of x)))))
export const expandDfcAttention = rule({
  name: 'expand-dfc-attention',
  match: op('dfc_attention', any('x'), any('features')).as('attention').others(),
  unless: ({ features }) =>
    !isStaticShape(features.type.shape) && `the size [${features.type.shape.join(',')}] is not fixed`,
  rewrite: ({ attention }, build) => expanded(dfcAttention, attention, { build }),
});

function poolRefusal(node: Node): string | false {
  const { kernel_shape, strides, pads } = attrsOf(averagePool, node);
  const half = [...kernel_shape, ...strides].every((size) => size === 2) && pads.every((pad) => pad === 0);
  const even = node.attrs.ceil_mode !== true && !intsOf(node.attrs, 'dilations').some((d) => d !== 1);
  return (!half || !even) && 'the mean is not over 2x2 pixels apart from one another';
}

function pointRefusal(node: Node): string | false {
  const { strides, pads } = attrsOf(conv2d, node);
  if (node.inputs[1]?.type.shape.slice(2).join() !== '1,1') return 'the first convolution is not 1x1';
  const plain = strides.every((stride) => stride === 1) && pads.every((pad) => pad === 0);
  if (!plain || Number(node.attrs.group ?? 1) !== 1)
    return 'the first convolution has groups, a stride or pads';
  return tailRefusal(node, 'none');
}

function stripRefusal(node: Node, activation: string): string | false {
  const { strides, pads, dilations } = attrsOf(depthwiseConv2d, node);
  const weight = node.inputs[1]?.type.shape ?? [];
  if (pads.join() !== halfPadded(weight).pads.join() || (Number(weight[2]) * Number(weight[3])) % 2 === 0)
    return `a strip of ${weight.slice(2).join('x')} has the pads [${pads.join(',')}], expected half its odd kernel`;
  const plain =
    [...strides, ...dilations].every((step) => step === 1) && Number(node.attrs.multiplier ?? 1) === 1;
  return plain ? tailRefusal(node, activation) : 'a strip has a stride, a dilation or a multiplier';
}

/** After the weights: a constant bias, the expected activation, no residual. */
function tailRefusal({ op, inputs, attrs }: Node, expected: string): string | false {
  const activation = String(attrs.activation ?? 'none');
  if (activation !== expected) return `the activation of ${op} is ${activation}, expected ${expected}`;
  if (inputs[3]) return `${op} adds a residual`;
  return inputs[2] && !inputs[2].constant ? `the bias of ${op} is not constant` : false;
}

function resizeRefusal(node: Node): string | false {
  const shape = node.output.type.shape;
  if (!isStaticShape(shape)) return `the size [${shape.join(',')}] is not fixed`;
  const { mode, coordinate_transformation_mode, nearest_mode, scales } = attrsOf(resize, node);
  const nearest =
    mode === 'nearest' && coordinate_transformation_mode === 'asymmetric' && nearest_mode === 'floor';
  return (!nearest || scales.length > 0) && 'the resize does not take nearest neighbours for given sizes';
}
