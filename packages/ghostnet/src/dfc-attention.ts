import type { Value } from '@ghostc/ir';
import { childPath, type GhostModuleSpec, type Layer } from './ghost-layers.ts';
import type { LayerBuilder } from './layer-builder.ts';

/**
 * Decoupled fully connected attention of GhostNetV2 (Tang et al., NeurIPS 2022, section 3):
 * resize(sigmoid(bn(5x1(bn(1x5(bn(1x1(mean 2x2 of x)))))))), 1x5 and 5x1 depthwise, nearest neighbours of the
 * height and width of `like`. Parameters at `path.short_conv`.
 */
function dfcAttention(build: LayerBuilder, path: string, x: Value, like: Value): Value {
  const channels = Number(like.type.shape[1]);
  const at = (i: number): string => childPath(path, `short_conv.${i}`);
  const mean = build.node('average_pool', childPath(path, 'avg_pool'), [x], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  });
  const point = build.batchNorm(at(1), build.conv(at(0), mean, { out: channels, kernel: 1 }));
  const rows = build.conv(at(2), point, { out: channels, kernel: [1, 5], depthwise: 'depthwise' });
  const columns = build.conv(at(4), build.batchNorm(at(3), rows), {
    out: channels,
    kernel: [5, 1],
    depthwise: 'depthwise',
  });
  const gate = build.node('sigmoid', childPath(path, 'gate_fn'), [build.batchNorm(at(5), columns)]);
  return build.node('resize', childPath(path, 'interpolate'), [gate], {
    sizes: like.type.shape.map(Number),
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** A Ghost module (stride 1) whose output is multiplied by the DFC attention of its input. */
export function withDfcAttention(ghost: Layer<GhostModuleSpec>): Layer<GhostModuleSpec> {
  return (build, path, x, spec) => {
    const features = ghost(build, path, x, spec);
    return build.node('mul', childPath(path, 'mul'), [features, dfcAttention(build, path, x, features)]);
  };
}
