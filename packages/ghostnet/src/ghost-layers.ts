import type { Value } from '@ghostc/ir';
import { convUnit } from './conv-unit.ts';
import { dfcGate, dfcMap } from './dfc-attention.ts';
import type { GhostBuilder } from './dialect.ts';
import { below, channelsOf } from './layer-builder.ts';
import { makeDivisible } from './make-divisible.ts';

export interface GhostModuleSpec {
  readonly oup: number;
  readonly kernelSize?: number;
  readonly ratio?: number;
  readonly dwSize?: number;
  readonly stride?: number;
  readonly activation?: 'relu' | 'none';
  /** `dfc` multiplies by DFC attention, as V2 and V3 do. */
  readonly attention?: 'dfc' | 'none';
}

/** GhostModule: concat(x1, cheap(x1))[:, :oup] with x1 = act(bn(conv(x))), cheap = act(bn(depthwise(x1))). */
export function ghostModule(build: GhostBuilder, path: string, x: Value, spec: GhostModuleSpec): Value {
  const { oup, attention = 'none' } = spec;
  const map = attention === 'dfc' ? dfcMap(build, path, x, oup) : undefined;
  const both = bothParts(build, path, x, spec);
  const cut = map || build.dialect.slice === 'always' ? firstChannels(build, path, both, oup) : both;
  return map ? dfcGate(build, path, cut, map) : cut;
}

function bothParts(build: GhostBuilder, path: string, x: Value, spec: GhostModuleSpec): Value {
  const { oup, kernelSize = 1, ratio = 2, dwSize = 3, stride = 1, activation = 'relu' } = spec;
  const init = Math.ceil(oup / ratio);
  const primary = { out: init, kernel: kernelSize, stride };
  const cheap = { out: init * (ratio - 1), kernel: dwSize, depthwise: 'depthwise' } as const;
  const x1 = convUnit(build, path, x, { part: 'primary', conv: primary, activation });
  if (ratio === 1) return x1;
  const x2 = convUnit(build, path, x1, { part: 'cheap', conv: cheap, activation });
  return build.node('concat', below(path, 'concat'), [x1, x2], { axis: 1 });
}

function firstChannels(build: GhostBuilder, path: string, x: Value, count: number): Value {
  return build.node('slice', below(path, 'slice'), [x], { starts: [0], ends: [count], axes: [1] });
}

/** Squeeze-and-excite: x * hard_sigmoid(expand(relu(reduce(mean(x))))), hard_sigmoid(v) = relu6(v + 3) / 6. */
export function squeezeExcite(build: GhostBuilder, path: string, x: Value, ratio: number): Value {
  const channels = channelsOf(x);
  const mean = build.node('global_average_pool', `${path}.avg_pool`, [x]);
  const reduce = { out: makeDivisible(channels * ratio), kernel: 1, bias: 'bias' } as const;
  const small = build.relu(`${path}.act1`, build.conv(`${path}.conv_reduce`, mean, reduce));
  const wide = build.conv(`${path}.conv_expand`, small, { out: channels, kernel: 1, bias: 'bias' });
  const gate = build.node('hard_sigmoid', `${path}.gate`, [wide], { alpha: 1 / 6, beta: 0.5 });
  return build.node('mul', `${path}.mul`, [x, gate]);
}

export interface GhostBottleneckSpec {
  readonly mid: number;
  readonly out: number;
  readonly dwKernel?: number;
  readonly stride?: number;
  /** Channels of the squeeze over those of the input; 0 for none. */
  readonly seRatio?: number;
  /** DFC attention in the first Ghost module. */
  readonly attention?: 'dfc' | 'none';
}

/** GhostBottleneck: ghost, [depthwise stride 2], [squeeze-and-excite], ghost without ReLU, plus a shortcut. */
export function ghostBottleneck(
  build: GhostBuilder,
  path: string,
  x: Value,
  spec: GhostBottleneckSpec,
): Value {
  const { mid, out, dwKernel = 3, stride = 1, seRatio = 0, attention = 'none' } = spec;
  let y = ghostModule(build, below(path, 'ghost1'), x, { oup: mid, attention });
  if (stride > 1) {
    const conv = { out: mid, kernel: dwKernel, stride, depthwise: 'depthwise' } as const;
    y = convUnit(build, path, y, { part: 'dw', conv, activation: 'none' });
  }
  if (seRatio > 0) y = squeezeExcite(build, below(path, 'se'), y, seRatio);
  y = ghostModule(build, below(path, 'ghost2'), y, { oup: out, activation: 'none' });
  return build.node('add', below(path, 'add'), [y, shortcut(build, below(path, 'shortcut'), x, spec)]);
}

function shortcut(
  build: GhostBuilder,
  path: string,
  x: Value,
  { out, dwKernel = 3, stride = 1 }: GhostBottleneckSpec,
): Value {
  const channels = channelsOf(x);
  if (stride === 1 && channels === out) return x;
  const conv = { out: channels, kernel: dwKernel, stride, depthwise: 'depthwise' } as const;
  const depthwise = build.batchNorm(`${path}.1`, build.conv(`${path}.0`, x, conv));
  return build.batchNorm(`${path}.3`, build.conv(`${path}.2`, depthwise, { out, kernel: 1 }));
}
