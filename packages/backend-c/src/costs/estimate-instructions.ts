import type { CLayer, CProgram } from '../c-program.ts';
import table from '../generated/instruction-costs.json';

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

/** Factors that were counted, of every kind of layer. */
export const instructionCosts: Readonly<Record<CostBuild, CostTable>> = table;

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/**
 * Kind of layer that one formula covers: op and type, or op and class of its window, and portable kernels.
 * Later kinds are used if none of the first was counted.
 */
export function costKinds(layer: CLayer): readonly string[] {
  const kinds = kindsOf(alongLine(layer));
  return layer.portable ? [...kinds.map((kind) => `${kind}/portable`), ...kinds] : kinds;
}

function kindsOf({
  op,
  dtype,
  window,
  stride,
  padded,
  macs,
  shape,
  portable,
  form,
}: CLayer): readonly string[] {
  const taps = product(window);
  if (macs === 0) {
    const kind = [op, dtype, ...(form ? [form] : [])].join('/');
    return [...(padded ? [`${kind}/padded`] : []), kind, ...(moves.has(op) ? [`transpose/${dtype}`] : [])];
  }
  const strided = (kind: string): string[] => (stride[1] > 1 ? [`${kind}/strided`, kind] : [kind]);
  if (taps === 1) return product(shape.slice(2)) === 1 ? [`${op}/dense`] : strided(`${op}/1`);
  if (!op.endsWith('depthwise_conv2d')) return strided(`${op}/n`);
  const size = Math.max(...window) > PATCHES && !portable ? 'wide' : taps <= 9 ? '9' : 'n';
  return [...strided(`${op}/${size}`), `${op}/n`, `${op}/9`];
}

/** Longest side of a window that Helium's kernel of planes takes; beyond it the DSP extension's does. */
const PATCHES = 8;

/** Ops that only move elements: they cost about what a transpose does. */
const moves: ReadonlySet<string> = new Set(['concat', 'expand', 'gather', 'pad', 'slice', 'tile']);

const exponentials: ReadonlySet<string> = new Set([
  'sigmoid',
  'silu',
  'tanh',
  'gelu',
  'elu',
  'mish',
  'softplus',
]);

/** What kernels do for a layer, how often each; a block that is not full counts as one. */
export function costFeatures(given: CLayer): number[] {
  const layer = byGroups(byPlanes(alongLine(given)));
  const { op, macs, calls } = layer;
  const own =
    macs === 0
      ? withoutProducts(layer)
      : op.endsWith('depthwise_conv2d')
        ? ofPlanes(layer)
        : ofMatrices(layer);
  return [...ofOutputs(layer), ...own].map((feature) => feature * calls);
}

/** Convolutions of columns of one pixel run as those of lines. */
function alongLine(layer: CLayer): CLayer {
  const { macs, window, stride, shape, inputShape } = layer;
  if (macs === 0 || window[1] !== 1 || shape[3] !== 1 || inputShape[3] !== 1) return layer;
  return {
    ...layer,
    window: [1, window[0]],
    stride: [1, stride[0]],
    shape: [...shape.slice(0, 2), 1, shape[2] ?? 1],
    inputShape: [...inputShape.slice(0, 2), 1, inputShape[2] ?? 1],
  };
}

/** A depthwise layer reads a plane for each of its outputs, where several share an input channel as well. */
function byPlanes(layer: CLayer): CLayer {
  const { op, shape, inputShape } = layer;
  if (!op.endsWith('depthwise_conv2d')) return layer;
  return { ...layer, inputShape: [...shape.slice(0, 2), ...inputShape.slice(2)] };
}

/** Groups of a convolution are computed one after the other, as layers of their own. */
function byGroups(layer: CLayer): CLayer {
  const { op, macs, shape, inputShape, window, calls } = layer;
  if (macs === 0 || !/^(qlinear_)?conv2d$/.test(op)) return layer;
  const groups = Math.round(((inputShape[1] ?? 1) * product(window) * product(shape)) / macs);
  if (groups <= 1) return layer;
  const part = ([n = 1, channels = 1, ...plane]: readonly number[]): number[] => [
    n,
    channels / groups,
    ...plane,
  ];
  return {
    ...layer,
    macs: macs / groups,
    shape: part(shape),
    inputShape: part(inputShape),
    calls: calls * groups,
  };
}

/**
 * Multiply-accumulates with inputs that are seldom zeros, those with others; outputs, those with an activation of straight lines, of
 * exponentials, with any other, with a residual, with scales by channel; inputs; calls.
 */
function ofOutputs(layer: CLayer): number[] {
  const { macs, zeros, shape, activation, residual, perChannel, inputShape } = layer;
  const outputs = product(shape);
  const kind = activation.startsWith('hard') ? 0 : exponentials.has(activation) ? 1 : activation ? 2 : 3;
  return [
    ...[zeros ? 0 : macs, zeros ? macs : 0, outputs],
    ...[0, 1, 2].map((one) => (one === kind ? outputs : 0)),
    ...[residual ? outputs : 0, perChannel ? outputs : 0, product(inputShape), 1],
  ];
}

interface Sizes {
  /** Of all images. */
  readonly planes: number;
  readonly lines: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  /** Rows of all channels of the input. */
  readonly inputLines: number;
}

function sizesOf({ shape, inputShape }: CLayer): Sizes {
  const isImage = shape.length > 2;
  const width = isImage ? (shape.at(-1) ?? 1) : 1;
  const planes = product(shape.slice(0, 2));
  const height = product(shape.slice(2)) / width || 0;
  return {
    planes,
    lines: planes * height,
    height,
    width,
    outputs: product(shape),
    inputLines: product(inputShape.slice(1, -1)),
  };
}

const blocks = (count: number, size: number): number => Math.ceil(count / size);

/** Elements under windows; planes, lines, rows of windows, fours of a line, places of windows in lines; vectors of input. */
function withoutProducts(layer: CLayer): number[] {
  const { planes, lines, width, outputs } = sizesOf(layer);
  const taps = product(layer.window);
  const inputPlane = product(layer.inputShape) / planes;
  return [
    ...[outputs * taps, planes, lines, lines * layer.window[0], lines * blocks(width, 4), lines * taps],
    planes * blocks(inputPlane, 16),
  ];
}

/**
 * Taps inside of the image. Planes, lines, each with rows of its windows and with its weights; pairs and fours of a line, fours with their weights and over two
 * lines; weights; lines of input; planes and fours with patches of 4x4 weights; windows and fours at edges, and with their weights.
 */
function ofPlanes(layer: CLayer): number[] {
  const { planes, lines, height, width, inputLines } = sizesOf(layer);
  const taps = product(layer.window);
  const patches = blocks(layer.window[0], 4) * blocks(layer.window[1], 4);
  const fours = blocks(width, 4);
  return [
    planes * tapsInside(layer),
    ...[planes, lines, lines * layer.window[0], lines * taps],
    ...[lines * blocks(width, 2), lines * fours, lines * fours * taps, planes * blocks(height, 2) * fours],
    ...[planes * taps, inputLines, planes * patches, lines * fours * patches],
    ...edgesOf(layer).flatMap((edges) => [planes * edges, planes * edges * taps]),
  ];
}

/** Taps of all windows of a plane that lie in the image. */
function tapsInside(layer: CLayer): number {
  return product([0, 1].map((axis) => insideAlong(layer, axis).reduce((sum, taps) => sum + taps, 0)));
}

/** Windows of a plane that reach over an edge, and fours of a line with such a one. */
function edgesOf(layer: CLayer): [windows: number, fours: number] {
  const { height, width } = sizesOf(layer);
  const [rows = 0, columns = 0] = [0, 1].map(
    (axis) => insideAlong(layer, axis).filter((taps) => taps === layer.window[axis]).length,
  );
  return [height * width - rows * columns, height * blocks(width, 4) - rows * Math.floor(columns / 4)];
}

/** Of each window along an axis, the taps that lie in the image, the padding in the middle. */
function insideAlong({ window, stride, shape, inputShape }: CLayer, axis: number): number[] {
  const [size, out] = [inputShape[2 + axis] ?? 1, shape[2 + axis] ?? 1];
  const [step, taps] = [stride[axis] ?? 1, window[axis] ?? 1];
  const before = Math.max(0, Math.floor(((out - 1) * step + taps - size) / 2));
  return Array.from({ length: out }, (_, i) => {
    const first = i * step - before;
    return Math.max(0, Math.min(first + taps, size) - Math.max(first, 0));
  });
}

/**
 * A product of weights [m][k] and pixels. Channels, pixels, lines; fours of pixels, of all or of a line, for each channel, and with its
 * weights; vectors of weights for each output. What fills columns of k: of a pixel, of fours, of lines, by rows of the window. Lines
 * of input, weights; blocks of channels and pixels; columns of 16 pixels; columns that end within a four, and at an edge. Vectors of
 * weights for fours of a line, columns of 8 pixels of a line, vectors of held rows; windows and fours of windows at edges. Products
 * and outputs of channels that are left of fours.
 */
function ofMatrices(layer: CLayer): number[] {
  const { planes, lines, height, width, outputs, inputLines } = sizesOf(layer);
  const m = layer.shape[1] ?? 1;
  const pixels = height * width;
  const k = layer.macs / outputs || 0;
  const [fours, lineFours] = [blocks(pixels, 4), height * blocks(width, 4)];
  return [
    ...[m, pixels, lines, planes * fours, m * lineFours],
    ...[k * planes * fours, k * m * lineFours, blocks(k, 16) * outputs],
    ...[k * pixels, k * fours, k * height, k * lineFours, (k / layer.window[1]) * pixels],
    ...[inputLines, m * k, blocks(m, 2) * fours, blocks(m, 2) * 2 * k * fours],
    ...[blocks(m, 4) * 4 * k * blocks(pixels, 2), blocks(m, 2) * blocks(k, 16) * fours],
    ...[k * blocks(pixels, 16), k * height * blocks(width, 16)],
    ...[width % 4 ? k * pixels : 0, width % 4 && layer.padded ? k * pixels : 0],
    ...[m * blocks(k, 16) * lineFours, k * height * blocks(width, 8), heldVectors(layer)],
    ...edgesOf(layer).map((edges) => k * edges),
    ...[k * pixels * (m % 4), pixels * (m % 4)],
  ];
}

/** Vectors of the rows under a window that move up by one for each row of input. */
function heldVectors({ window, inputShape }: CLayer): number {
  const [, channels = 1, height = 1, width = 1] = inputShape;
  return product(window) === 1 ? 0 : channels * window[0] * height * blocks(width, 16);
}

/** Instructions of a whole run, by factors that `npm run bench:mcu -- costs --update` fitted to layers counted in an emulator. */
export function estimateInstructions(
  { layers, bandWork, inputs, outputs }: CProgram,
  build: CostBuild,
  costs: CostTable = instructionCosts[build],
): number {
  const besides = bandWork * MOVED + CALL + (inputs.length + outputs.length) * CHECKED;
  return layers.reduce((sum, layer) => sum + layerCost(layer, costs), besides);
}

/** Instructions for an element that a band of rows moves. */
const MOVED = 3;

/** Instructions of a run besides its layers, and for each buffer whose address it checks. */
const CALL = 25;
const CHECKED = 7;

/** Instructions of one layer, by the factors of a build. */
export function layerInstructions(layer: CLayer, build: CostBuild): number {
  return layerCost(layer, instructionCosts[build]);
}

function layerCost(layer: CLayer, costs: CostTable): number {
  const kind = costKinds(layer).find((one) => Object.hasOwn(costs, one));
  const factors = kind === undefined ? null : (costs[kind] ?? null);
  if (!factors) return uncounted(layer);
  return costFeatures(layer).reduce((sum, feature, i) => sum + feature * (factors[i] ?? 0), 0);
}

/** Of a kind that was never counted: plain loops. */
function uncounted({ macs, shape, window, inputShape, calls }: CLayer): number {
  const outputs = product(shape);
  const work = macs
    ? 8 * macs + 20 * outputs
    : (30 + 2 * product(window)) * outputs + 10 * product(inputShape);
  return work * calls;
}
