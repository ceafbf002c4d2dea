import { fromNumbers, type Node, type Tensor, toNumbers } from '@ghostc/ir';
import { attrsOf, conv2d, depthwiseConv2d } from '@ghostc/ops';
import { constantData, numbersOf, sliceChannels, vector } from '../constant-math.ts';
import { any, constant, op } from '../pattern.ts';
import { rule } from '../rule.ts';
import { foldRefusal } from './fold-batch-norm.ts';

const convAttrs = { attrs: { ...conv2d.attrs, ...depthwiseConv2d.attrs } };
/** Of either convolution. */
const settingsOf = (node: Node) => attrsOf(convAttrs, node);

// v (w x + b) + c   =>   (v w) x + (v b + c),  both 1x1, if it takes no more multiply-accumulates
export const composePointwise = rule({
  name: 'compose-pointwise',
  match: op('conv2d', op('conv2d', any('x'), constant('w')).as('first').others().anyEpilogue(), constant('v'))
    .as('second')
    .others()
    .anyEpilogue(),
  unless: ({ w, v, first, second }) => {
    const refusal = foldRefusal(first);
    if (refusal) return refusal;
    const outer = foldRefusal(second);
    if (outer && (second.inputs[3] || (second.inputs[2] && !second.inputs[2].constant))) return outer;
    for (const node of [first, second]) {
      const { pads, group } = settingsOf(node);
      if (
        node.inputs[1]?.type.shape.slice(2).join() !== '1,1' ||
        group !== 1 ||
        pads.some((pad) => pad !== 0)
      )
        return `${node.output.name} is no plain 1x1 convolution`;
    }
    if (settingsOf(first).strides.some((stride) => stride !== 1)) return 'the first convolution has a stride';
    const [hidden = 0, inputs = 0] = constantData(w).shape;
    const outputs = constantData(v).shape[0] ?? 0;
    return (
      outputs * inputs > hidden * (inputs + outputs) &&
      `one convolution takes ${outputs * inputs} multiply-accumulates a pixel, the two take ${hidden * (inputs + outputs)}`
    );
  },
  rewrite({ x, w, v, first, second }, build) {
    const product = multiply(constantData(v), constantData(w));
    const b = first.inputs[2] ? numbersOf(first.inputs[2]) : [];
    const c = second.inputs[2] ? numbersOf(second.inputs[2]) : [];
    const hidden = constantData(w).shape[0] ?? 0;
    const rows = numbersOf(v);
    const bias = vector(product, product.shape[0] ?? 0, (m) => {
      let sum = c[m] ?? 0;
      for (let k = 0; k < hidden; k++) sum += (rows[m * hidden + k] ?? 0) * (b[k] ?? 0);
      return sum;
    });
    return build.node(
      'conv2d',
      [x, build.constant(product, v.name), build.constant(bias, `${v.name}_bias`)],
      second.attrs,
    );
  },
});

/** v [M,K,1,1] times w [K,C,1,1]. */
function multiply(v: Tensor, w: Tensor): Tensor {
  const [m = 0, k = 0] = v.shape;
  const c = w.shape[1] ?? 0;
  const [a, b] = [toNumbers(v), toNumbers(w)];
  const product = new Float64Array(m * c);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++)
      for (let j = 0; j < c; j++)
        product[i * c + j] = Number(product[i * c + j]) + Number(a[i * k + l]) * Number(b[l * c + j]);
  }
  return fromNumbers(v.dtype, [m, c, 1, 1], product);
}

// depthwise(conv(x, w) + b, d) + c   =>   conv(x, w d) + (b sum(d) + c), if it takes no more multiply-accumulates:
// C d^2 <= C + d^2 for a 1x1 of C channels in front of a d x d cheap operation, so d = 1 or C = 1
export const foldCheapIntoPrimary = rule({
  name: 'fold-cheap-into-primary',
  match: op(
    'depthwise_conv2d',
    op('conv2d', any('x'), constant('w')).as('conv').others().anyEpilogue(),
    constant('d'),
  )
    .as('cheap')
    .others()
    .anyEpilogue(),
  unless: ({ w, d, conv, cheap }) => {
    const refusal = foldRefusal(conv);
    if (refusal) return refusal;
    if (cheap.inputs[3] || (cheap.inputs[2] && !cheap.inputs[2].constant))
      return 'the cheap operation adds a residual or a computed bias';
    const [first, second] = [settingsOf(conv), settingsOf(cheap)];
    const [, channels = 1, height, width] = constantData(w).shape;
    if (height !== 1 || width !== 1 || first.group !== 1) return 'the first convolution is no plain 1x1';
    if (first.strides.some((s) => s !== 1) || first.pads.some((p) => p !== 0))
      return 'the first convolution has a stride or pads';
    if (second.multiplier !== 1) return `the multiplier is ${second.multiplier}`;
    if (
      second.pads.some((p) => p !== 0) &&
      conv.inputs[2] &&
      Array.from(numbersOf(conv.inputs[2])).some((b) => b !== 0)
    )
      return 'padding of the sum is not padding of the input while there is a bias';
    const taps = (constantData(d).shape[2] ?? 1) * (constantData(d).shape[3] ?? 1);
    return (
      channels * taps > channels + taps &&
      `one convolution takes ${channels * taps} multiply-accumulates a pixel and channel, the two take ${channels + taps}`
    );
  },
  rewrite({ x, w, d, conv, cheap }, build) {
    const [weight, kernel] = [constantData(w), constantData(d)];
    const kept = kernel.shape[0] ?? 0;
    const combined = spread(sliceChannels(weight, 0, kept), kernel);
    const [b, c] = [
      conv.inputs[2] ? numbersOf(conv.inputs[2]) : [],
      cheap.inputs[2] ? numbersOf(cheap.inputs[2]) : [],
    ];
    const taps = kernel.data.length / (kept || 1);
    const sums = Array.from({ length: kept }, (_, m) =>
      Array.from(toNumbers(kernel).slice(m * taps, (m + 1) * taps), Number).reduce((s, v) => s + v, 0),
    );
    const bias = vector(weight, kept, (m) => (b[m] ?? 0) * (sums[m] ?? 0) + (c[m] ?? 0));
    const { multiplier: _, ...attrs } = cheap.attrs;
    return build.node('conv2d', [x, build.constant(combined, w.name), build.constant(bias, d.name)], attrs);
  },
});

/** w [M,C,1,1] and d [M,1,u,v] to [M,C,u,v]: element (m,c,i,j) = w(m,c) d(m,i,j). */
function spread(w: Tensor, d: Tensor): Tensor {
  const [m = 0, c = 0] = w.shape;
  const [, , height = 1, width = 1] = d.shape;
  const taps = height * width;
  const [a, b] = [toNumbers(w), toNumbers(d)];
  const data = Float64Array.from({ length: m * c * taps }, (_, i) => {
    const [channel, tap] = [Math.floor(i / taps), i % taps];
    return Number(a[channel]) * Number(b[Math.floor(channel / c) * taps + tap]);
  });
  return fromNumbers(w.dtype, [m, c, height, width], data);
}

// conv(x)[:, s:e]   =>   conv(x) with the weights of those channels only: the others are never computed
export const dropUnusedChannels = rule({
  name: 'drop-unused-channels',
  match: op('slice', op('conv2d', any('x'), constant('w')).as('conv').others().anyEpilogue()).as('slice'),
  unless: ({ conv, slice }) => {
    if (settingsOf(conv).group !== 1 || conv.inputs[3]) return 'the convolution has groups or a residual';
    if (conv.inputs[2] && !conv.inputs[2].constant) return 'the bias is not constant';
    const { axes = [], steps = [], starts = [] } = slice.attrs;
    if (axes.length !== 1 || axes[0] !== 1)
      return `the slice cuts the axes [${axes.join(',')}], expected channels only`;
    return (
      ((starts[0] ?? 0) < 0 || steps.some((step) => step !== 1)) &&
      'the slice counts from the end or has a step'
    );
  },
  rewrite({ x, w, conv, slice }, build) {
    const from = (slice.attrs.starts ?? [])[0] ?? 0;
    const to = from + Number(slice.output.type.shape[1]);
    const bias = conv.inputs[2];
    const cut = bias && build.constant(sliceChannels(constantData(bias), from, to), bias.name);
    return build.node(
      'conv2d',
      [x, build.constant(sliceChannels(constantData(w), from, to), w.name), cut ?? null],
      conv.attrs,
    );
  },
});

// conv(x) + r   =>   conv(x, residual = r): the sum needs no separate pass over memory
export const fuseResidual = rule({
  name: 'fuse-residual',
  match: op('add', op('conv2d|depthwise_conv2d', any('x'), constant('w')).as('conv').others(), any('r'))
    .as('sum')
    .anyEpilogue(),
  unless: ({ conv, r }) => {
    const refusal = foldRefusal(conv);
    if (refusal) return refusal;
    if (r.constant) return `%${r.name} is constant`;
    return (
      r.type.shape.join() !== conv.output.type.shape.join() &&
      `%${r.name} [${r.type.shape.join(',')}] broadcasts`
    );
  },
  rewrite: ({ x, w, r, conv, sum }, build) =>
    build.node(conv.op, [x, w, conv.inputs[2] ?? null, r], { ...conv.attrs, ...sum.attrs }),
});
