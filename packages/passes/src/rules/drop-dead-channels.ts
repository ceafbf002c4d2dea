import { fromNumbers, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { activationFunction, attrsOf, conv2d, lookup } from '@ghostc/ops';
import { constantData, numbersOf } from '../constant-math.ts';
import { activations } from '../op-groups.ts';
import { any, constant, either, op } from '../pattern.ts';
import { rule } from '../rule.ts';

const first = op('conv2d', any('x'), constant('w')).as('first').others().anyEpilogue();

// conv(act(conv(x, w)), v)   =>   the same without the channels between them that v multiplies only by 0, or that are 0
// themselves (no weight, and act(bias) = 0)
export const dropDeadChannels = rule({
  name: 'drop-dead-channels',
  match: op('conv2d', either(first, op(activations, first).as('act')), constant('v'))
    .as('second')
    .others()
    .anyEpilogue(),
  unless: ({ first, w, v, second, act }) => {
    if (!first || !w) return 'nothing matched';
    if (groupOf(first) !== 1 || groupOf(second) !== 1) return 'a convolution has groups';
    if (first.inputs[3]) return 'the first convolution adds a residual';
    if (first.inputs[2] && !first.inputs[2].constant) return 'the bias is not constant';
    const kept = keptChannels({ first, act, w, v });
    return kept.length === w.type.shape[0] && 'every channel between them is used';
  },
  rewrite({ x, w, v, first, second, act }, build) {
    if (!first || !w || !x) throw new TypeError('nothing matched');
    const kept = keptChannels({ first, act, w, v });
    const bias = first.inputs[2];
    const inner = build.node(
      'conv2d',
      [
        x,
        build.constant(takeOutputs(constantData(w), kept), w.name),
        bias ? build.constant(takeOutputs(constantData(bias), kept), bias.name) : null,
      ],
      first.attrs,
    );
    const activated = act ? build.node(act.op, [inner], act.attrs) : inner;
    const narrow = build.constant(takeInputs(constantData(v), kept), v.name);
    return build.node('conv2d', [activated, narrow, ...second.inputs.slice(2)], second.attrs);
  },
});

interface Between {
  readonly first: Node;
  readonly act: Node | undefined;
  readonly w: Value;
  readonly v: Value;
}

/** The live channels; if all are dead one is kept, since a convolution needs at least one. */
function keptChannels(between: Between): number[] {
  const live = liveChannels(between);
  return live.length ? live : [0];
}

function liveChannels({ first, act, w, v }: Between): number[] {
  const channels = Number(w.type.shape[0]);
  const [used, made] = [nonZeroInputs(constantData(v)), nonZeroOutputs(constantData(w))];
  const bias = first.inputs[2] ? numbersOf(first.inputs[2]) : [];
  const silent = (channel: number): boolean =>
    !made[channel] && idle(first, act, Number(bias[channel] ?? 0)) === 0;
  return Array.from({ length: channels }, (_, c) => c).filter((c) => used[c] && !silent(c));
}

/** The output of a channel without weights: the activation of its bias. */
function idle(first: Node, act: Node | undefined, bias: number): number {
  const own = activationFunction(attrsOf(conv2d, first))(bias);
  if (!act) return own;
  const tensor: Tensor = { dtype: 'f32', shape: [1], data: Float32Array.of(own) };
  const [result] = lookup(act.op).evaluateTensors([tensor], act.attrs, [tensor]);
  return Number(result?.data[0]);
}

function groupOf(node: Node): number {
  return attrsOf(conv2d, node).group;
}

function nonZeroOutputs({ shape, ...tensor }: Tensor): boolean[] {
  const data = toNumbers({ shape, ...tensor });
  const inner = data.length / (shape[0] || 1);
  return Array.from({ length: shape[0] ?? 0 }, (_, m) =>
    data.subarray(m * inner, (m + 1) * inner).some((v) => v !== 0),
  );
}

function nonZeroInputs(tensor: Tensor): boolean[] {
  const data = toNumbers(tensor);
  const [, channels = 0, height = 1, width = 1] = tensor.shape;
  const [plane, step] = [height * width, channels * height * width];
  const isUsed = (channel: number): boolean => {
    for (let from = channel * plane; from < data.length; from += step)
      for (let i = from; i < from + plane; i++) if (data[i] !== 0) return true;
    return false;
  };
  return Array.from({ length: channels }, (_, channel) => isUsed(channel));
}

/** The listed slices of axis 0. */
function takeOutputs(tensor: Tensor, kept: readonly number[]): Tensor {
  const data = toNumbers(tensor);
  const inner = data.length / (tensor.shape[0] || 1);
  const shape = [kept.length, ...tensor.shape.slice(1)];
  return fromNumbers(
    tensor.dtype,
    shape,
    Float64Array.from({ length: kept.length * inner }, (_, i) =>
      Number(data[(kept[Math.floor(i / inner)] ?? 0) * inner + (i % inner)]),
    ),
  );
}

/** The listed slices of axis 1 of a weight [M,C,kH,kW]. */
function takeInputs(tensor: Tensor, kept: readonly number[]): Tensor {
  const data = toNumbers(tensor);
  const [m = 0, channels = 0, height = 1, width = 1] = tensor.shape;
  const taps = height * width;
  const row = kept.length * taps;
  return fromNumbers(
    tensor.dtype,
    [m, kept.length, height, width],
    Float64Array.from({ length: m * row }, (_, i) => {
      const [output, channel] = [Math.floor(i / row), kept[Math.floor((i % row) / taps)] ?? 0];
      return Number(data[(output * channels + channel) * taps + (i % taps)]);
    }),
  );
}

// act(x)[:, s:e]   =>   act(x[:, s:e]): what the slice drops is not computed
export const sliceBeforeActivation = rule({
  name: 'slice-before-activation',
  match: op('slice', op(activations, any('x')).as('act')).as('slice'),
  rewrite: ({ x, act, slice }, build) =>
    build.node(act.op, [build.node('slice', [x], slice.attrs)], act.attrs),
});
