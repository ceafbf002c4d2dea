import type { Node } from '@ghostc/ir';
import { type GhostLayerNodes, layersOfGhostRows } from '@ghostc/ops';
import type { CFunction, Kernel, KernelContext } from '../../../kernel.ts';
import { isPointwise, keepsSize, planeName } from '../../conv-geometry.ts';
import { input } from '../../operands.ts';
import { accepted } from '../accepted.ts';
import { convLayer, depthwiseLayer, type Int8Layer } from '../int8-layer.ts';
import { requantTerms } from '../requant-plan.ts';
import { pointwiseColumns } from './columns.ts';
import { packDspConv } from './conv2d.ts';
import {
  dspDepthwiseFits,
  fillLine,
  outputRow,
  type Part,
  partOf,
  ringWords,
  unpackWeights,
  wordOf,
} from './depthwise-conv2d.ts';
import { columnWords, gemmLines, gemmNeeds } from './gemm.ts';
import { packedWords } from './packed-words.ts';
import { dspPrelude } from './prelude.ts';
import type { Issue } from './products.ts';

interface GhostLayers {
  readonly primary: Int8Layer;
  readonly cheap: Int8Layer;
}

/** Pixels of a block of the primary convolution. */
const BLOCK = 4;

/** Rows that are wider take fewer instructions in two kernels: up to 6 in 100 at 112. */
const MAX_WIDTH = 64;

/** Null unless the primary convolution is 1x1, the cheap operation keeps the size of its planes, and rows are not too wide. */
function ghostLayers({ primary: conv, cheap: depthwise }: GhostLayerNodes): GhostLayers | null {
  const [primary, cheap] = [convLayer(conv), depthwiseLayer(depthwise)];
  if (!primary || !cheap) return null;
  const { batch, group, outHeight, outWidth } = primary.geometry;
  const pointwise = isPointwise(primary.geometry) && batch * group === 1 && outHeight * outWidth >= BLOCK;
  const to = cheap.geometry;
  const narrow = to.width <= MAX_WIDTH;
  const fits = pointwise && narrow && keepsSize(to) && dspDepthwiseFits(to) && to.padTop < to.kernelHeight;
  return fits ? { primary, cheap } : null;
}

/** Scratch in words: the widened pixels of a block, the lines of all primary channels, the weights of all cheap ones. */
interface Scratch {
  readonly lines: number;
  readonly ring: number;
  readonly words: number;
}

function scratchOf({ primary, cheap }: GhostLayers, part: Part): Scratch {
  const lines = columnWords(primary.geometry.inner, BLOCK);
  const ring = lines + primary.geometry.m * cheap.geometry.kernelHeight * part.line.words;
  return { lines, ring, words: ring + cheap.geometry.m * ringWords(part) };
}

function cheapPart({ geometry, plan }: Int8Layer): Part {
  return partOf({ geometry, plan }, { source: 'plane', weights: 'k', table: 'r' });
}

/** Is there a kernel for a Ghost module of these layers? */
export function fusesGhostRows(layers: GhostLayerNodes): boolean {
  return ghostLayers(layers) !== null;
}

function layersOf(node: Node): GhostLayers {
  return accepted(ghostLayers(layersOfGhostRows(node)), node);
}

/** Bytes of working memory. */
function ghostScratchBytes(node: Node): number {
  const layers = layersOf(node);
  return 4 * scratchOf(layers, cheapPart(layers.cheap)).words;
}

/**
 * A Ghost module row by row: blocks of the primary convolution up to the last row that the next row of the cheap operation
 * reads, then that row of all cheap channels from lines of int16. Both write their channels of the output where they belong.
 */
function dspGhostModule(layers: GhostLayers, issue: Issue): CFunction {
  const { primary, cheap } = layers;
  const { inner, m } = primary.geometry;
  return {
    hint: `q_ghost_${inner}_${m}_${cheap.geometry.m}_${planeName(cheap.geometry)}`,
    needs: [dspPrelude, gemmNeeds(inner, issue)],
    params: [
      'const int8_t *x',
      'const int32_t *w',
      'const int32_t *q',
      'const int8_t *cheap_w',
      'const int32_t *cheap_q',
      'int8_t *primary',
      'int8_t *cheap',
      'int32_t *col',
    ],
    body: body(layers),
  };
}

function body(layers: GhostLayers): string[] {
  const { primary, cheap } = layers;
  const part = cheapPart(cheap);
  const { lines, ring, words } = scratchOf(layers, part);
  const { height, width, padTop, kernelHeight } = cheap.geometry;
  const ahead = kernelHeight - padTop;
  return [
    `int32_t *const lines = col + ${lines};`,
    `int32_t *const rings = col + ${ring};`,
    `const int32_t zeros = ${wordOf(cheap.xZeroPoint, cheap.xZeroPoint)};`,
    `for (int i = 0; i < ${ring - lines}; i++) {`,
    'lines[i] = zeros;',
    '}',
    ...allWeights(part, words - ring),
    'int done = 0;',
    'int slot = 0;',
    'int first = 0;',
    `for (int v = 0; v < ${height}; v++) {`,
    `const int need = v < ${height - ahead} ? (v + ${ahead}) * ${width} : ${height * width};`,
    `for (; done < need; done += ${BLOCK}) {`,
    ...primaryBlock(primary),
    '}',
    `for (int row = v == 0 ? ${-padTop} : v + ${ahead - 1}; row < v + ${ahead}; row++) {`,
    ...fillLines(layers, part),
    `slot = slot == ${kernelHeight - 1} ? 0 : slot + 1;`,
    '}',
    ...cheapRows(layers, part),
    `first = first == 0 ? ${kernelHeight - 1} : first - 1;`,
    '}',
  ];
}

function allWeights(part: Part, words: number): string[] {
  const { kernelHeight, kernelWidth } = part.geometry;
  return [
    '{',
    'const int8_t *k = cheap_w;',
    `for (int32_t *ring = rings; ring != rings + ${words}; ring += ${ringWords(part)}) {`,
    ...unpackWeights(part),
    `k += ${kernelHeight * kernelWidth};`,
    '}',
    '}',
  ];
}

/** All primary channels of four pixels; the last block steps back to end with the plane. */
function primaryBlock({ geometry, xZeroPoint, plan }: Int8Layer): string[] {
  const { inner, m, height, width } = geometry;
  const plane = height * width;
  const last = plane - BLOCK;
  return [
    plane % BLOCK ? `const int p = done < ${last} ? done : ${last};` : 'const int p = done;',
    '{',
    ...pointwiseColumns({ geometry, columns: BLOCK, xZeroPoint }),
    '}',
    'int8_t *const yp = primary + p;',
    ...gemmLines({ m, k: inner, columns: BLOCK, plane, plan }),
  ];
}

/** Row `row` of every primary channel into line `slot`. */
function fillLines({ primary }: GhostLayers, part: Part): string[] {
  const { height, width, kernelHeight } = part.geometry;
  const { words, margin } = part.line;
  return [
    'const int8_t *plane = primary;',
    `int32_t *to = lines + slot * ${words}${margin ? ` + ${margin / 2}` : ''};`,
    `for (int i = 0; i < ${primary.geometry.m}; i++) {`,
    'int32_t *line = to;',
    ...fillLine(part),
    `plane += ${height * width};`,
    `to += ${kernelHeight * words};`,
    '}',
  ];
}

/** Row v of every cheap channel. */
function cheapRows({ cheap }: GhostLayers, part: Part): string[] {
  const { geometry, multiplier, plan } = cheap;
  const { m, height, width, kernelHeight } = geometry;
  const next = `${kernelHeight * part.line.words}`;
  return [
    'const int32_t *from = lines;',
    'const int32_t *r = cheap_q;',
    `const int32_t *k = rings + first * ${part.taps.words.length};`,
    `int8_t *yr = cheap + v * ${width};`,
    `for (int i = 0; i < ${m}; i++) {`,
    `const int32_t offset = ${requantTerms(plan, 'r').offset};`,
    'const int32_t *c = from;',
    'int8_t *y = yr;',
    ...outputRow(part),
    multiplier === 1 ? `from += ${next};` : `from += i % ${multiplier} == ${multiplier - 1} ? ${next} : 0;`,
    `r += ${plan.words};`,
    `k += ${ringWords(part)};`,
    `yr += ${height * width};`,
    '}',
  ];
}

/** The kernel of `ghost_rows`. */
export function ghostRows(issue: Issue): Kernel {
  return {
    emit: (context) => {
      const layers = layersOf(context.node);
      return { fn: dspGhostModule(layers, issue), args: args(context, layers) };
    },
    accepts: (node) => fusesGhostRows(layersOfGhostRows(node)),
    scratchBytes: ghostScratchBytes,
  };
}

function args(
  { node, pointer, weights, scratchBytes }: KernelContext,
  { primary, cheap }: GhostLayers,
): string[] {
  return [
    pointer(input(node, 0)),
    weights(packedWords(packDspConv(primary.weight, primary.geometry))),
    weights(primary.plan.table),
    weights(cheap.weight),
    weights(cheap.plan.table),
    ...node.outputs.map(pointer),
    `(int32_t *)(${scratchBytes})`,
  ];
}
