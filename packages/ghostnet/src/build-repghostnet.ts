import { CompileError, type Graph, type Value } from '@ghostc/ir';
import {
  assembleGhostNet,
  type GhostNetOptions,
  type GhostNetVersion,
  type Row,
} from './assemble-ghostnet.ts';
import { type BottleneckParts, childPath, type GhostModuleSpec, plainParts } from './ghost-layers.ts';
import type { LayerBuilder } from './layer-builder.ts';

/** Hidden channels are half of GhostNet's: nothing is joined, so that a module computes all of them. */
const stages: readonly (readonly Row[])[] = [
  [[3, 8, 16, 0, 1]],
  [[3, 24, 24, 0, 2]],
  [[3, 36, 24, 0, 1]],
  [[5, 36, 40, 0.25, 2]],
  [[5, 60, 40, 0.25, 1]],
  [[3, 120, 80, 0, 2]],
  [
    [3, 100, 80, 0, 1],
    [3, 120, 80, 0, 1],
    [3, 120, 80, 0, 1],
    [3, 240, 112, 0.25, 1],
    [3, 336, 112, 0.25, 1],
  ],
  [[5, 336, 160, 0.25, 2]],
  [
    [5, 480, 160, 0, 1],
    [5, 480, 160, 0.25, 1],
    [5, 480, 160, 0, 1],
    [5, 480, 160, 0.25, 1],
  ],
];

/** RepGhostModule in training: act(bn(depthwise(x1)) + bn(x1)) with x1 = act(bn(conv(x))). */
function repGhostModule(build: LayerBuilder, path: string, x: Value, spec: GhostModuleSpec): Value {
  const { oup, ratio = 2, dwSize = 3, activation = 'relu' } = spec;
  if (ratio !== 2)
    throw new CompileError(
      'ghostnet/spec',
      `a RepGhostNet joins nothing, so it has no ratio; found ${ratio}`,
    );
  const at = (part: string): string => childPath(path, part);
  const act = (part: string, value: Value): Value =>
    activation === 'relu' ? build.relu(at(part), value) : value;
  const conv = build.conv(at('primary_conv.0'), x, { out: oup, kernel: 1 });
  const x1 = act('primary_conv.2', build.batchNorm(at('primary_conv.1'), conv));
  const depthwise = build.conv(at('cheap_operation.0'), x1, {
    out: oup,
    kernel: dwSize,
    depthwise: 'depthwise',
  });
  const cheap = build.batchNorm(at('cheap_operation.1'), depthwise, Math.SQRT1_2);
  const same = build.batchNorm(at('fusion_bn.0'), x1, Math.SQRT1_2);
  return act('relu', build.node('add', at('add'), [cheap, same]));
}

const parts: BottleneckParts = { ...plainParts, ghost1: repGhostModule, ghost2: repGhostModule };

export const repGhostNet: GhostNetVersion = {
  name: 'repghostnet',
  stages,
  parts: () => parts,
  leastResolution: 32,
  output: 'matrix',
};

/**
 * RepGhostNet (Chen et al., "RepGhost: A Hardware-Efficient Ghost Module via Re-parameterization", 2022) with the branches of
 * training, as its weights are published; the optimiser makes one depthwise convolution of them. Input `input`
 * [batch, 3, resolution, resolution], output `output` [batch, classes]. Throws `ghostnet/state-dict` and `ghostnet/spec`.
 */
export function buildRepGhostNet(options: GhostNetOptions): Graph {
  return assembleGhostNet(options, repGhostNet).graph;
}
