import type { CLayer, CProgram } from '../c-program.ts';
import { instructionCosts } from '../generated/instruction-costs.ts';

/** Builds whose layers were counted. Cores that share an instruction set and kernels share a build. */
export const costBuilds = [
  'cortex-m0plus',
  'cortex-m3',
  'cortex-m4',
  'cortex-m7',
  'cortex-m55',
  'rv32imafc',
  'rv32imc',
] as const;
export type CostBuild = (typeof costBuilds)[number];

/** Instructions for one of each feature of a layer, in the order of `costFeatures`. */
export type CostFactors = readonly number[];

export type CostTable = Readonly<Record<string, CostFactors>>;

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** Kind of layer that one formula holds for: op and type, or the size class of its window. */
export function costKind({ op, dtype, taps, macs, shape }: CLayer): string {
  if (macs === 0) return `${op}/${dtype}`;
  if (taps === 1) return `${op}/${product(shape.slice(2)) === 1 ? 'dense' : '1'}`;
  return `${op}/${taps <= 9 ? '9' : 'n'}`;
}

/**
 * Multiply-accumulates with inputs that are seldom zeros, those with others, outputs, positions of windows without weights,
 * inputs; pixels, planes, lines, fours of a line of the output; taps of all lines; calls.
 */
export function costFeatures({ macs, shape, inputElements, taps, zeros, calls }: CLayer): number[] {
  const outputs = product(shape);
  const pixels = product(shape.slice(2));
  const isImage = shape.length > 2;
  const lines = isImage ? product(shape.slice(0, -1)) : 1;
  const planes = isImage ? product(shape.slice(0, 2)) : 0;
  const fours = isImage ? lines * Math.ceil((shape.at(-1) ?? 0) / 4) : 0;
  const features = [
    ...[zeros ? 0 : macs, zeros ? macs : 0, outputs, macs === 0 ? outputs * taps : 0, inputElements],
    ...[pixels, planes, lines, fours, lines * taps, 1],
  ];
  return features.map((feature) => feature * calls);
}

/**
 * Instructions of a whole run, by factors that `npm run bench:mcu -- costs` fitted to layers counted in an emulator. On the
 * networks that it counts, float and int8, the estimate is within 15 % of the count.
 */
export function estimateInstructions(
  { layers, bandWork }: CProgram,
  build: CostBuild,
  costs: CostTable = instructionCosts[build],
): number {
  return layers.reduce((sum, layer) => sum + layerCost(layer, costs), bandWork * MOVED);
}

/** Instructions for an element that a band of rows moves. */
const MOVED = 3;

/** Instructions of one layer, by the factors of a build. */
export function layerInstructions(layer: CLayer, build: CostBuild): number {
  return layerCost(layer, instructionCosts[build]);
}

function layerCost(layer: CLayer, costs: CostTable): number {
  const factors = costs[costKind(layer)] ?? uncounted(layer);
  return costFeatures(layer).reduce((sum, feature, i) => sum + feature * (factors[i] ?? 0), 0);
}

/** Of a kind that was never counted: plain loops. */
function uncounted({ macs }: CLayer): CostFactors {
  return macs ? [8, 8, 20] : [0, 0, 30, 2, 10];
}
