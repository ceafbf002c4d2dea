import type { Dim } from '@ghostc/ir';
import { intsOf, lookup, normalAxis } from '@ghostc/ops';
import { reshapeSamples } from './reshape-samples.ts';
import {
  dimsOf,
  keepsApart,
  type Moved,
  onlyFirst,
  refuse,
  repeatedAt,
  type Samples,
  type Site,
} from './samples.ts';

type SampleRule = (site: Site) => Moved;

/** Where the samples are after a node; refused if they are mixed, or if the op is not supported. */
export function sampleRuleOf(op: string): SampleRule | undefined {
  const { traits } = lookup(op);
  // integer and NHWC layers keep the order of samples of the ops that they correspond to
  const plain = op.replace(/^qlinear_/, '').replace(/_nhwc$/, '');
  const known = table[plain];
  if (known) return known;
  if (traits.has('window')) return images;
  return traits.has('elementwise') || traits.has('binary') || traits.has('comparison')
    ? broadcast
    : undefined;
}

/** A rule is called only for nodes with an input that has samples. */
function known(site: Site, samples: Samples | null | undefined): Samples {
  return samples ?? refuse(site, 'no input holds samples');
}

/** Images and rows: samples are axis 0 of every input that has any. */
function images(site: Site): Moved {
  const [first] = site.inputs.filter((one) => one !== null);
  site.inputs.forEach((samples, i) => {
    if (!samples) return;
    if (samples.axis !== 0 || samples.inner !== first?.inner)
      refuse(site, `the samples of %${site.node.inputs[i]?.name} do not lie along axis 0`);
  });
  if (!site.inputs[0]) refuse(site, 'a weight depends on the batch');
  return { outputs: known(site, first) };
}

/** Operands are aligned at their last axes; those without samples must be the same for each. */
function broadcast(site: Site): Moved {
  const { node, inputs } = site;
  const rank = dimsOf(node.output).length;
  const placed = inputs.map(
    (samples, i) => samples && { ...samples, axis: samples.axis + rank - dimsOf(node.inputs[i]).length },
  );
  const [found] = placed.filter((one) => one !== null);
  placed.forEach((samples, i) => {
    const value = node.inputs[i];
    if (
      samples
        ? samples.axis !== found?.axis || samples.inner !== found?.inner
        : rowsAt(site, i, known(site, found)) !== 1
    )
      refuse(
        site,
        `%${value?.name} [${dimsOf(value).join(',')}] does not lie along the samples of the other operand`,
      );
  });
  return { outputs: known(site, found) };
}

/** The size of an operand without samples at the sample axis of the other. */
function rowsAt({ node }: Site, index: number, { axis }: Samples): Dim {
  const dims = dimsOf(node.inputs[index]);
  return dims[axis - dimsOf(node.output).length + dims.length] ?? 1;
}

/** Leading axes broadcast; the rows of a may be samples. */
function matmul(site: Site): Moved {
  const { node, inputs } = site;
  const [a, b] = [dimsOf(node.inputs[0]), dimsOf(node.inputs[1])];
  const row = inputs[0]?.axis === a.length - 2;
  if (!row && inputs.some((samples, i) => samples && samples.axis >= (i ? b : a).length - 2))
    refuse(site, 'it mixes the samples');
  if (!row) return broadcast(site);
  if (inputs[1] || b.length > 2) refuse(site, 'it mixes the samples');
  return { outputs: known(site, inputs[0]) };
}

const along =
  (axesOf: (site: Site) => readonly number[]): SampleRule =>
  (site) => {
    const samples = onlyFirst(site);
    const axes = axesOf(site);
    const rank = dimsOf(site.node.inputs[0]).length;
    for (const axis of axes) keepsApart(site, axis, samples);
    const dropped = site.attrs.keepdims === false ? axes.map((axis) => normalAxis(axis, rank)) : [];
    return {
      outputs: { ...samples, axis: samples.axis - dropped.filter((axis) => axis < samples.axis).length },
    };
  };

const oneAxis = along(({ attrs }) => [Number(attrs.axis)]);
const manyAxes = along((site) => {
  const axes = intsOf(site.attrs, 'axes');
  return axes.length ? axes : dimsOf(site.node.inputs[0]).map((_, axis) => axis);
});

const fromAxis = along(({ node, attrs }) => {
  const rank = dimsOf(node.inputs[0]).length;
  const first = normalAxis(Number(attrs.axis), rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
});

/** A grid for each image. */
function gridSample(site: Site): Moved {
  return { ...images(site), repeated: site.inputs[1] ? [] : [repeatedAt(site, 1, 0)] };
}

/** What is the same for all samples is concatenated to each. */
function concat(site: Site): Moved {
  const samples = known(
    site,
    site.inputs.find((one) => one !== null),
  );
  const repeated = site.inputs.flatMap((one, slot) => (one ? [] : [repeatedAt(site, slot, samples.axis)]));
  const odd = site.inputs.findIndex(
    (one) => one && (one.axis !== samples.axis || one.inner !== samples.inner),
  );
  if (odd >= 0)
    refuse(site, `%${site.node.inputs[odd]?.name} does not have its samples where the others have`);
  keepsApart(site, Number(site.attrs.axis), samples);
  return { outputs: samples, repeated };
}

/** Steps are axis 0 and samples axis 1; initial states that are the same for all are repeated for each. */
function recurrent(site: Site): Moved {
  const [x, ...rest] = site.inputs;
  if (rest.slice(0, 3).some(Boolean)) refuse(site, 'a weight depends on the batch');
  const states = [4, 5].filter((slot) => site.node.inputs[slot]);
  for (const samples of [x, ...states.map((slot) => site.inputs[slot])])
    if (samples && (samples.axis !== 1 || samples.inner !== 1)) refuse(site, 'it mixes the samples');
  if (!x) refuse(site, 'a first state depends on the batch, and the steps do not');
  const repeated = states.flatMap((slot) => (site.inputs[slot] ? [] : [repeatedAt(site, slot, 1)]));
  return { outputs: site.node.outputs.map((_, i) => ({ axis: i === 0 ? 2 : 1, inner: 1 })), repeated };
}

/** A slice along the samples must keep all. */
function slice(site: Site): Moved {
  const samples = onlyFirst(site);
  const { node, attrs } = site;
  const axes = intsOf(attrs, 'axes');
  const rank = dimsOf(node.inputs[0]).length;
  const at = axes.findIndex((axis) => normalAxis(axis, rank) === samples.axis);
  if (at < 0) return { outputs: samples };
  const whole = intsOf(attrs, 'starts')[at] === 0 && (intsOf(attrs, 'steps')[at] ?? 1) === 1;
  if (!whole || dimsOf(node.output)[samples.axis] !== dimsOf(node.inputs[0])[samples.axis])
    refuse(site, 'it cuts the samples');
  const rest = (name: string): number[] => intsOf(attrs, name).filter((_, i) => i !== at);
  const cut = { starts: rest('starts'), ends: rest('ends'), axes: rest('axes'), steps: rest('steps') };
  return { outputs: samples, attrs: { ...node.attrs, ...cut } };
}

function pad(site: Site): Moved {
  const samples = onlyFirst(site);
  const pads = intsOf(site.attrs, 'pads');
  if (pads[samples.axis] || pads[samples.axis + pads.length / 2]) refuse(site, 'it pads the samples');
  return { outputs: samples };
}

function transpose(site: Site): Moved {
  const samples = onlyFirst(site);
  return { outputs: { ...samples, axis: intsOf(site.attrs, 'perm').indexOf(samples.axis) } };
}

/** 1 keeps an axis as it is. */
function expand(site: Site): Moved {
  const samples = onlyFirst(site);
  const shape = [...intsOf(site.attrs, 'shape')];
  const axis = samples.axis + shape.length - dimsOf(site.node.inputs[0]).length;
  shape[axis] = typeof site.to === 'number' ? site.to * samples.inner : refuse(site, 'it expands to numbers');
  return { outputs: { ...samples, axis }, attrs: { ...site.node.attrs, shape } };
}

/** The samples keep their axis. */
function resize(site: Site): Moved {
  const { node, attrs } = site;
  const samples = onlyFirst(site);
  const { axis } = samples;
  if (dimsOf(node.inputs[0])[axis] !== dimsOf(node.output)[axis])
    refuse(site, 'it interpolates between samples');
  const sizes = intsOf(attrs, 'sizes').map((size, i) => (i === axis ? 0 : size));
  return { outputs: samples, attrs: { ...node.attrs, sizes } };
}

/** Rows are gathered, or indices differ by sample. */
function gather(site: Site): Moved {
  const [x, indices] = site.inputs;
  const rank = dimsOf(site.node.inputs[0]).length;
  const axis = normalAxis(Number(site.attrs.axis), rank);
  if (x && indices) refuse(site, 'it picks across samples');
  if (indices) return { outputs: { ...indices, axis: indices.axis + axis } };
  const samples = known(site, x);
  keepsApart(site, axis, samples);
  const shift = samples.axis > axis ? dimsOf(site.node.inputs[1]).length - 1 : 0;
  return { outputs: { ...samples, axis: samples.axis + shift } };
}

const table: Readonly<Record<string, SampleRule>> = {
  ...{ dfc_attention: images, fused_ghost_module: images, ghost_module: images },
  ...{ squeeze_excite: images, squeeze_excite_gate: images, fully_connected: images },
  ...{ batch_norm: images, cast: broadcast, dequantize_linear: broadcast, lookup: onlyFirstKept },
  ...{ quantize_linear: broadcast, requantize: broadcast, where: broadcast, average_pool: images },
  ...{
    reduce_max: manyAxes,
    reduce_mean: manyAxes,
    reduce_min: manyAxes,
    reduce_prod: manyAxes,
    reduce_sum: manyAxes,
  },
  ...{ layer_norm: fromAxis, grid_sample: gridSample, recurrent },
  ...{ arg_max: oneAxis, arg_min: oneAxis, softmax: oneAxis, top_k: oneAxis },
  ...{ concat, expand, gather, matmul, pad, reshape: reshapeSamples, resize, slice, transpose },
  ...{ add: broadcast, sub: broadcast, mul: broadcast, global_average_pool: images },
  ...{ conv2d: images, depthwise_conv2d: images, arg_max_pool: refusePositions },
  gemm(site) {
    if (site.attrs.trans_a === true || site.inputs[0]?.axis !== 0 || site.inputs[1] || site.inputs[2])
      refuse(site, 'it mixes the samples');
    const [rows = 1] = dimsOf(site.node.inputs[2]).slice(-2, -1);
    if (rows !== 1) refuse(site, `%${site.node.inputs[2]?.name} has a row for each sample`);
    return { outputs: site.inputs[0] };
  },
};

function onlyFirstKept(site: Site): Moved {
  return { outputs: onlyFirst(site) };
}

/** Flat indices count over the whole batch. */
function refusePositions(site: Site): Moved {
  return refuse(site, 'its indices count over all samples');
}
