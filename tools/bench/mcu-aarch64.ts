import type { CLayer } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import type { Graph } from '@ghostc/ir';
import { profileC } from '@ghostc/runtimes';
import type { Row } from './mcu-report.ts';

type Chosen = (layer: CLayer) => boolean;

const pointwise: Chosen = ({ op, window, shape }) =>
  op.endsWith('conv2d') &&
  !op.includes('depthwise') &&
  window.every((size) => size === 1) &&
  shape.length > 2;
const depthwise: Chosen = ({ op, window }) => op.includes('depthwise') && window.every((size) => size === 3);

/** Most instructions per multiply-accumulate. */
const targets: Readonly<Record<string, readonly (readonly [string, Chosen, number])[]>> = {
  float: [
    ['whole', () => true, 0.5],
    ['1x1', pointwise, 0.36],
    ['depthwise 3x3', depthwise, 0.7],
  ],
  // of 1x1 with dotprod
  int8: [
    ['1x1', pointwise, 0.1],
    ['depthwise 3x3', depthwise, 0.35],
  ],
};

/** GhostNet 1.0x at 224 on AArch64, by kind of layer, as a plain -O2 compiles it: without dotprod and i8mm. */
export async function aarch64(int8: Graph, progress: (what: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const graphs = { float: buildFromSpec('ghostnet:1.0', { seed: 1 }), int8 };
  for (const [name, graph] of Object.entries(graphs)) {
    progress(`GhostNet ${name} on aarch64`);
    const program = compileC(graph, { device: 'aarch64', name: 'net' });
    const { layers } = await profileC(program, 'aarch64', seededInputs(graph, 1));
    for (const [kind, chosen, target] of targets[name] ?? []) {
      const some = layers.filter(chosen);
      const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
      const ours = sum(some.map(({ cost }) => cost)) / sum(some.map(({ macs }) => macs));
      const unit = 'instructions per MAC';
      rows.push({ name: `GhostNet 1.0x 224 ${name}, ${kind}`, device: 'aarch64', unit, ours, target });
    }
  }
  return rows;
}
