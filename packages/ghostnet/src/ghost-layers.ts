import type { Value } from '@ghostc/ir';
import type { LayerBuilder } from './layer-builder.ts';

export interface GhostModuleSpec {
  readonly oup: number;
  readonly kernelSize?: number;
  readonly ratio?: number;
  readonly dwSize?: number;
  readonly stride?: number;
  readonly activation?: 'relu' | 'none';
}

/** GhostModule: concat(x1, cheap(x1))[:, :oup] with x1 = act(bn(conv(x))), cheap = act(bn(depthwise(x1))). */
export function ghostModule(build: LayerBuilder, path: string, x: Value, spec: GhostModuleSpec): Value {
  const { oup, kernelSize = 1, ratio = 2, dwSize = 3, stride = 1, activation = 'relu' } = spec;
  const init = Math.ceil(oup / ratio);
  const act = (at: string, value: Value): Value => (activation === 'relu' ? build.relu(at, value) : value);
  const at = (part: string): string => childPath(path, part);
  const conv = build.conv(at('primary_conv.0'), x, { out: init, kernel: kernelSize, stride });
  const x1 = act(at('primary_conv.2'), build.batchNorm(at('primary_conv.1'), conv));
  const depthwise = build.conv(at('cheap_operation.0'), x1, {
    out: init * (ratio - 1),
    kernel: dwSize,
    depthwise: 'depthwise',
  });
  const x2 = act(at('cheap_operation.2'), build.batchNorm(at('cheap_operation.1'), depthwise));
  const both = build.node('concat', at('concat'), [x1, x2], { axis: 1 });
  return build.node('slice', at('slice'), [both], { starts: [0], ends: [oup], axes: [1] });
}

/** Squeeze-and-excite: x * hard_sigmoid(expand(relu(reduce(mean(x))))), hard_sigmoid(v) = relu6(v + 3) / 6. */
export function squeezeExcite(build: LayerBuilder, path: string, x: Value, ratio: number): Value {
  const channels = Number(x.type.shape[1]);
  const reduced = makeDivisible(channels * ratio);
  const mean = build.node('global_average_pool', `${path}.avg_pool`, [x]);
  const small = build.relu(
    `${path}.act1`,
    build.conv(`${path}.conv_reduce`, mean, { out: reduced, kernel: 1, bias: 'bias' }),
  );
  const wide = build.conv(`${path}.conv_expand`, small, { out: channels, kernel: 1, bias: 'bias' });
  const gate = build.node('hard_sigmoid', `${path}.gate`, [wide], { alpha: 1 / 6, beta: 0.5 });
  return build.node('mul', `${path}.mul`, [x, gate]);
}

/** Builds a layer at a module path. */
export type Layer<S> = (build: LayerBuilder, path: string, x: Value, spec: S) => Value;

export interface DepthwiseSpec {
  readonly kernel: number;
  readonly stride: number;
}

/** What distinguishes the versions of the bottleneck. */
export interface BottleneckParts {
  readonly ghost1: Layer<GhostModuleSpec>;
  /** At the path of the bottleneck itself. */
  readonly depthwise: Layer<DepthwiseSpec>;
  readonly ghost2: Layer<GhostModuleSpec>;
}

/** GhostNet V1. */
export const plainParts: BottleneckParts = {
  ghost1: ghostModule,
  depthwise: stridedDepthwise,
  ghost2: ghostModule,
};

export interface GhostBottleneckSpec {
  readonly mid: number;
  readonly out: number;
  readonly dwKernel?: number;
  readonly stride?: number;
  /** Channels of the squeeze over those of the input; 0 for none. */
  readonly seRatio?: number;
  /** Those of GhostNet V1 if absent. */
  readonly parts?: BottleneckParts;
  /** Of both Ghost modules. */
  readonly ghost?: Pick<GhostModuleSpec, 'ratio' | 'dwSize'>;
}

/** GhostBottleneck: ghost, [depthwise stride 2], [squeeze-and-excite], ghost without ReLU, plus a shortcut. */
export function ghostBottleneck(
  build: LayerBuilder,
  path: string,
  x: Value,
  spec: GhostBottleneckSpec,
): Value {
  const { mid, out, dwKernel = 3, stride = 1, seRatio = 0, parts = plainParts, ghost } = spec;
  const at = (part: string): string => childPath(path, part);
  let y = parts.ghost1(build, at('ghost1'), x, { ...ghost, oup: mid });
  if (stride > 1) y = parts.depthwise(build, path, y, { kernel: dwKernel, stride });
  if (seRatio > 0) y = squeezeExcite(build, at('se'), y, seRatio);
  y = parts.ghost2(build, at('ghost2'), y, { ...ghost, oup: out, activation: 'none' });
  const same = stride === 1 && Number(x.type.shape[1]) === out;
  return build.node('add', at('add'), [
    y,
    same ? x : shortcut(build, at('shortcut'), x, { out, dwKernel, stride }),
  ]);
}

function stridedDepthwise(
  build: LayerBuilder,
  path: string,
  x: Value,
  { kernel, stride }: DepthwiseSpec,
): Value {
  const out = Number(x.type.shape[1]);
  const conv = build.conv(childPath(path, 'conv_dw'), x, { out, kernel, stride, depthwise: 'depthwise' });
  return build.batchNorm(childPath(path, 'bn_dw'), conv);
}

function shortcut(
  build: LayerBuilder,
  path: string,
  x: Value,
  { out, dwKernel, stride }: { out: number; dwKernel: number; stride: number },
): Value {
  const channels = Number(x.type.shape[1]);
  const depthwise = build.conv(`${path}.0`, x, {
    out: channels,
    kernel: dwKernel,
    stride,
    depthwise: 'depthwise',
  });
  const pointwise = build.conv(`${path}.2`, build.batchNorm(`${path}.1`, depthwise), { out, kernel: 1 });
  return build.batchNorm(`${path}.3`, pointwise);
}

/** The path of a part; the root has none. */
export function childPath(path: string, part: string): string {
  return path ? `${path}.${part}` : part;
}

/** Nearest multiple of 4 that is at most 10 % smaller, as the published code rounds channel counts. */
export function makeDivisible(value: number, divisor = 4): number {
  const rounded = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * value ? rounded + divisor : rounded;
}
