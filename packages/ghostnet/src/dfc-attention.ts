import type { Value } from '@ghostc/ir';
import type { GhostBuilder } from './dialect.ts';
import { below } from './layer-builder.ts';

/**
 * DFC attention (GhostNetV2, NeurIPS 2022), first half: at half the resolution a 1x1 convolution to `oup` channels, then
 * depthwise 1x5 and 5x1 convolutions in place of the fully connected rows and columns; batch norm after each.
 */
export function dfcMap(build: GhostBuilder, path: string, x: Value, oup: number): Value {
  const at = (i: number): string => below(path, `short_conv.${i}`);
  const half = build.node('average_pool', below(path, 'avg_pool'), [x], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  });
  const wide = build.batchNorm(at(1), build.conv(at(0), half, { out: oup, kernel: 1 }));
  const across = build.conv(at(2), wide, { out: oup, kernel: [1, 5], depthwise: 'depthwise' });
  const down = build.conv(at(4), build.batchNorm(at(3), across), {
    out: oup,
    kernel: [5, 1],
    depthwise: 'depthwise',
  });
  return build.batchNorm(at(5), down);
}

/** Second half: y = x * resize(sigmoid(map / scale)), nearest neighbour to the size of x. */
export function dfcGate(build: GhostBuilder, path: string, x: Value, map: Value): Value {
  const gate = build.node('sigmoid', below(path, 'gate_fn'), [scaled(build, path, map)]);
  const large = build.node('resize', below(path, 'interpolate'), [gate], {
    sizes: x.type.shape.map(Number),
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
  return build.node('mul', below(path, 'gated'), [x, large]);
}

function scaled(build: GhostBuilder, path: string, map: Value): Value {
  const { gateScale } = build.dialect;
  if (gateScale === undefined) return map;
  const at = below(path, 'gate_scale');
  const divisor = build.graph.addConstant(at, {
    dtype: 'f32',
    shape: [],
    data: Float32Array.of(gateScale),
  });
  return build.node('div', at, [map, divisor]);
}
