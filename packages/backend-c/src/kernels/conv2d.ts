import type { Node } from '@ghostc/ir';
import { attrsOf, conv2d as definition } from '@ghostc/ops';
import { activationOf } from '../activation-text.ts';
import type { Emit, Kernel, KernelCall, KernelContext } from '../kernel.ts';
import type { Lanes } from '../lanes.ts';
import { blockedConv, blockedScratch } from './blocked-conv2d.ts';
import { type ConvGeometry, convGeometry, geometryName, isDense, isPointwise } from './conv-geometry.ts';
import { denseCall } from './fully-connected.ts';
import { gemmBlock, unrolling } from './gemm-block.ts';
import { weightData } from './operands.ts';
import { overImages } from './over-images.ts';
import { packBlocks } from './pack-blocks.ts';
import { packColumns } from './pack-columns.ts';
import { stackOrArena } from './stack-or-arena.ts';
import { COLUMNS, vfpBlockPrelude } from './vfp-block.ts';
import { weightedCall } from './weighted-call.ts';
import { takesWinograd, winogradConv, winogradScratch } from './winograd-conv2d.ts';

/**
 * Convolution as a matrix product over blocks of pixels, for processors without vectors. A 1x1 convolution reads its input in
 * place; any other first copies the windows of a block of pixels into `col` [K][pixels], where what is outside turns into
 * zeros, so that the product has no edge. Weights are packed for the register block.
 */
const emit: Emit = (context) => {
  const { node } = context;
  const geometry = convGeometry(node, attrsOf(definition, node));
  if (isDense(geometry))
    return denseCall(context, { rows: geometry.batch, inner: geometry.inner, outputs: geometry.m });
  if (!context.lanes.vector) return gemmConv(context, geometry);
  return takesWinograd(node, geometry) ? winogradConv(context, geometry) : blockedConv(context, geometry);
};

/** How the pixels of a plane are cut into blocks. */
interface Tiling {
  readonly rows: number;
  /** Pixels of a block. */
  readonly columns: number;
  /** `overlap`: the last block steps back to end with the plane. `single`: the pixels left over go one by one. */
  readonly rest: 'overlap' | 'single';
}

function tilingOf(geometry: ConvGeometry, rest: Tiling['rest']): Tiling {
  const pixels = geometry.outHeight * geometry.outWidth;
  return { rows: blockRows(geometry.m / geometry.group), columns: Math.min(4, pixels), rest };
}

/** Rows of a register block: what divides the output channels, or else 4. */
function blockRows(channels: number): number {
  return Math.min([6, 5, 4].find((rows) => channels % rows === 0) ?? 4, channels);
}

function gemmConv(context: KernelContext, geometry: ConvGeometry): KernelCall {
  const { node } = context;
  const residual = node.inputs[3] ?? null;
  const rest = residual && context.sharesOutput(residual) ? 'single' : 'overlap';
  const tiling = tilingOf(geometry, rest);
  const { m, group, inner } = geometry;
  const columns = isPointwise(geometry) ? 'none' : context.scratch === null ? 'stack' : 'arena';
  const vfp = context.lanes.vfp && tiling.columns === COLUMNS;
  const text: GemmConv = { geometry, tiling, node, residual: residual !== null, columns, vfp };
  return weightedCall(context, {
    hint: `${isPointwise(geometry) ? 'conv' : 'conv_gather'}_${geometryName(geometry)}${group > 1 ? `_g${group}` : ''}`,
    body: gemmConvBody(text),
    weight: packBlocks(weightData(node, 1), geometry, { depth: inner, rows: tiling.rows }),
    channels: m,
    working: columns === 'arena' ? 'col' : undefined,
    needs: vfp ? [vfpBlockPrelude(tiling.rows, unrolling(inner))] : [],
  });
}

interface GemmConv {
  readonly geometry: ConvGeometry;
  readonly tiling: Tiling;
  readonly node: Node;
  readonly residual: boolean;
  readonly columns: 'none' | 'stack' | 'arena';
  readonly vfp: boolean;
}

/** Arena scratch in bytes that a convolution needs: for the copied windows, if they are too large for the stack. */
function scratchBytes(node: Node, lanes: Lanes): number {
  const geometry = convGeometry(node, attrsOf(definition, node));
  if (isPointwise(geometry) || isDense(geometry)) return 0;
  if (lanes.vector) return takesWinograd(node, geometry) ? winogradScratch(geometry) : blockedScratch(node);
  return stackOrArena(4 * geometry.inner * tilingOf(geometry, 'overlap').columns);
}

export const conv2d: Kernel = { emit, scratchBytes };

function gemmConvBody(text: GemmConv): string[] {
  const { geometry, tiling, columns, residual } = text;
  const body = planeLoop(text, geometry.outHeight * geometry.outWidth);
  return [
    ...(columns === 'stack' ? [`float col[${geometry.inner} * ${tiling.columns}];`] : []),
    ...overImages(geometry, { residual, body }),
  ];
}

/** All output channels of all pixels of one image and group. */
function planeLoop(text: GemmConv, pixels: number): string[] {
  const { tiling } = text;
  const { columns, rest } = tiling;
  if (rest === 'overlap') {
    return [
      `for (int q = 0; q < ${pixels}; q += ${columns}) {`,
      `const int p = q < ${pixels} - ${columns} ? q : ${pixels} - ${columns};`,
      ...pixelBlock(text, tiling),
      '}',
    ];
  }
  const one = pixelBlock(text, { ...tiling, columns: 1 });
  // a constant: GCC warns of loops that it cannot see to be empty
  const whole = pixels - (pixels % columns);
  return [
    `for (int p = 0; p < ${whole}; p += ${columns}) {`,
    ...pixelBlock(text, tiling),
    '}',
    ...(whole === pixels ? [] : [`for (int p = ${whole}; p < ${pixels}; p++) {`, ...one, '}']),
  ];
}

function pixelBlock(text: GemmConv, tiling: Tiling): string[] {
  const { geometry, columns } = text;
  const channels = geometry.m / geometry.group;
  const whole = Math.floor(channels / tiling.rows) * tiling.rows;
  const left = channels - whole;
  return [
    ...(columns === 'none' ? [] : packColumns(geometry, String(tiling.columns))),
    `for (int m = 0; m < ${whole}; m += ${tiling.rows}) {`,
    ...block(text, tiling, { rows: tiling.rows, m: 'm' }),
    '}',
    ...(left ? block(text, tiling, { rows: left, m: String(whole) }) : []),
  ];
}

function block(
  { geometry, node, residual, columns, vfp }: GemmConv,
  { rows, columns: pixels }: Tiling,
  at: { rows: number; m: string },
): string[] {
  const plane = geometry.outHeight * geometry.outWidth;
  return gemmBlock({
    rows: at.rows,
    columns: pixels,
    inner: geometry.inner,
    w: `w + ${at.m} * ${geometry.inner}`,
    b: `b + ${at.m}`,
    x: columns === 'none' ? 'x + p' : 'col',
    y: `y + ${at.m} * ${plane} + p`,
    r: residual ? `r + ${at.m} * ${plane} + p` : null,
    stepX: columns === 'none' ? String(plane) : String(pixels),
    stepY: plane,
    act: activationOf(node),
    vfp: vfp && pixels === COLUMNS && at.rows === rows,
  });
}
