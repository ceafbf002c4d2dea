import { intsOf } from '@ghostc/ops';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// conv2d with one input channel per group (or from one channel to one)   =>   depthwise_conv2d, multiplier = outputs per group
export const groupedConvToDepthwise = rule({
  name: 'grouped-conv-to-depthwise',
  match: op('conv2d', any('x'), any('weight')).as('conv').others().anyEpilogue(),
  unless: ({ weight, conv }) => {
    const group = Number(conv.attrs.group ?? 1);
    const [outputs, inputs] = weight.type.shape;
    return (
      (inputs !== 1 || (group === 1 && outputs !== 1)) &&
      `${group} groups with ${String(inputs)} input channels each`
    );
  },
  rewrite({ weight, conv }, build) {
    const { group, ...attrs } = conv.attrs;
    return build.node('depthwise_conv2d', conv.inputs, {
      ...attrs,
      multiplier: Number(weight.type.shape[0]) / Number(group ?? 1),
    });
  },
});

// conv(pad(x, p, 0), q)   =>   conv(x, p + q); on integers 0 is the zero point on both sides
export const foldPadIntoConv = rule({
  name: 'fold-pad-into-conv',
  match: op(
    'conv2d|depthwise_conv2d|qlinear_conv2d|qlinear_depthwise_conv2d',
    op('pad', any('x')).as('pad'),
    any('weight'),
  )
    .as('conv')
    .others()
    .anyEpilogue(),
  unless: ({ pad }) => padRefusal(pad.attrs),
  rewrite: ({ x, pad, conv }, build) =>
    build.node(conv.op, [x, ...conv.inputs.slice(1)], {
      ...conv.attrs,
      pads: joinedPads(pad.attrs, conv.attrs),
    }),
});

// average_pool(pad(x, p, 0)) without padding of its own, all window positions counted   =>   average_pool(x), pads counted
export const foldPadIntoAveragePool = rule({
  name: 'fold-pad-into-average-pool',
  match: op('average_pool', op('pad', any('x')).as('pad')).as('pool'),
  unless: ({ pad, pool }) => {
    const own = (pool.attrs.pads ?? []).some((p) => p !== 0);
    if (own && pool.attrs.count_include_pad !== true) return 'the pool pads without counting';
    if (pool.attrs.ceil_mode === true) return 'the pool rounds up';
    return padRefusal(pad.attrs) || windowRefusal(joinedPads(pad.attrs, pool.attrs), pool.attrs);
  },
  rewrite: ({ x, pad, pool }, build) =>
    build.node('average_pool', [x], {
      ...pool.attrs,
      pads: joinedPads(pad.attrs, pool.attrs),
      count_include_pad: true,
    }),
});

type Attrs = Readonly<Record<string, unknown>>;

function padRefusal({ value, mode, ...attrs }: Attrs): string | false {
  const list = intsOf(attrs, 'pads');
  if ((mode ?? 'constant') !== 'constant' || Number(value ?? 0) !== 0) return 'the padding is not 0';
  const rank = list.length / 2;
  if (rank !== 3 && rank !== 4) return 'the padded tensor is no image and no line';
  return [0, 1, rank, rank + 1].some((i) => list[i] !== 0) && 'batch or channels are padded';
}

/** ONNX Runtime requires every window of a pool to overlap the image. */
function windowRefusal(pads: readonly number[], attrs: Attrs): string | false {
  const kernel = intsOf(attrs, 'kernel_shape');
  return pads.some((p, i) => p >= (kernel[i % 2] ?? 1)) && 'the padding is as wide as the window';
}

/** Pads of a `pad` node ([n,c,h,w] or [n,c,l] begins, then ends) added to [top, left, bottom, right]. */
function joinedPads(pad: Attrs, window: Attrs): number[] {
  const list = intsOf(pad, 'pads');
  const own = intsOf(window, 'pads');
  const rank = list.length / 2;
  const [spatial, ends] = [list.slice(2, rank), list.slice(rank + 2)];
  const rows = spatial.length === 1 ? [0] : [];
  return [...rows, ...spatial, ...rows, ...ends].map((p, i) => p + (own[i] ?? 0));
}
