import { lowerForKernels, optimize } from '@ghostc/compiler';
import { seededSamples } from '@ghostc/conformance';
import { type Graph, parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';

/** Size of an image, input channels, primary channels: Ghost modules of GhostNet 1.0x. */
const shapes: readonly (readonly [number, number, number])[] = [
  [56, 24, 36],
  [28, 40, 60],
  [14, 80, 100],
  [7, 160, 480],
];

export interface ModuleCase {
  readonly name: string;
  readonly graph: Graph;
}

/** Ghost modules with ReLU and a cheap operation of 3x3, in int8, calibrated on seeded inputs. */
export function ghostModules(): ModuleCase[] {
  return shapes.map(([size, channels, primary]) => ({
    name: `${size}x${size} ${channels} to ${2 * primary}`,
    graph: moduleGraph(size, channels, primary),
  }));
}

function moduleGraph(size: number, channels: number, primary: number): Graph {
  const text = `graph @module(%x: f32[1,${channels},${size},${size}])
  const %w: f32[${primary},${channels},1,1] = random(1)
  const %b: f32[${primary}] = random(2)
  const %k: f32[${primary},1,3,3] = random(3)
  const %c: f32[${primary}] = random(4)
  %1 = conv2d %x, %w, %b
  %2 = relu %1
  %3 = depthwise_conv2d %2, %k, %c {pads=[1,1,1,1]}
  %4 = relu %3
  %5 = concat %2, %4 {axis=1}
  return %5`;
  const float = lowerForKernels(optimize(parseGraph(text, { registry })));
  return quantize(float, seededSamples(float, 2), { io: 'int8' }).graph;
}
