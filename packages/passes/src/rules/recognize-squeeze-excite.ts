import { type Attrs, constantOf, type Node, type Value } from '@ghostc/ir';
import { attrsOf, conv2d, intsOf } from '@ghostc/ops';
import type { Build } from '../build.ts';
import { vector } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const mean = op('global_average_pool', any('x'));
const reduced = op('conv2d', mean, constant('reduce_weight')).as('reduce').others().anyEpilogue();
const gate = op('conv2d', reduced, constant('expand_weight')).as('expand').others().anyEpilogue();

// x * gate(expand(act(reduce(mean(x)))))   =>   squeeze_excite(x)
export const recognizeSqueezeExcite = rule({
  name: 'recognize-squeeze-excite',
  match: op('mul', any('x'), gate).as('product').anyEpilogue(),
  unless: ({ reduce, expand, product }) => {
    if ((expand.attrs.activation ?? 'none') === 'none') return 'the gate has no activation';
    if ((product.attrs.activation ?? 'none') !== 'none') return 'the product has an activation';
    return plainPointwise(reduce) || plainPointwise(expand);
  },
  rewrite: ({ x, reduce_weight, reduce, expand_weight, expand, product }, build) =>
    build.node(
      'squeeze_excite',
      [x, reduce_weight, biasOf(reduce, build), expand_weight, biasOf(expand, build)],
      squeezeAttrs(reduce, expand),
      {
        partOrigins: [reduce.inputs[0]?.producer?.origin ?? [], reduce.origin, expand.origin, product.origin],
      },
    ),
});

/** The bias of a convolution, or zeros. */
function biasOf({ inputs }: Node, build: Build): Value {
  const bias = inputs[2];
  if (bias) return bias;
  const like = constantOf(inputs[1]);
  return build.constant(
    vector(like, like.shape[0] ?? 0, () => 0),
    'bias',
  );
}

/** ReLU is the default activation of the reduction. */
function squeezeAttrs(reduce: Node, expand: Node): Attrs {
  const { activation, activation_params } = attrsOf(conv2d, reduce);
  const gate = attrsOf(conv2d, expand);
  return {
    ...(activation !== 'relu' && { reduce_activation: activation }),
    ...(activation_params.length > 0 && { reduce_activation_params: activation_params }),
    gate: gate.activation,
    gate_params: gate.activation_params,
  };
}

function plainPointwise({ attrs, inputs }: Node): string | false {
  const kernel = inputs[1]?.type.shape.slice(2).join();
  if (kernel !== '1,1') return `a kernel is ${kernel}, expected 1,1`;
  if (Number(attrs.group ?? 1) !== 1 || inputs[3]) return 'a convolution has groups or a residual';
  const pads = intsOf(attrs, 'pads').some((pad) => pad !== 0);
  if (inputs[2] && !inputs[2].constant) return 'a bias is not constant';
  return pads && 'a convolution pads';
}
