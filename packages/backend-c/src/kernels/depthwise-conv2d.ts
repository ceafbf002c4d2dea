import type { Node } from '@ghostc/ir';
import { attrsOf, depthwiseConv2d as definition } from '@ghostc/ops';
import { activationOf, storeActivated } from '../activation-text.ts';
import type { Emit, Kernel, KernelContext } from '../kernel.ts';
import type { Lanes } from '../lanes.ts';
import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { type ConvGeometry, convGeometry, geometryName, isUnrolled, tapOffset } from './conv-geometry.ts';
import { weightData } from './operands.ts';
import { depthwiseScratch, slidingDepthwise } from './sliding-depthwise.ts';
import { stackOrArena } from './stack-or-arena.ts';
import { weightedCall } from './weighted-call.ts';

/**
 * Depthwise convolution over a ring of padded rows: each input row is copied once into `rows`, where columns outside the
 * image are zero and columns are sorted by phase (column mod stride), so that outputs side by side read elements side by
 * side whatever the stride. The inner block has no edge test. For processors without vectors.
 */
const emit: Emit = (context) => {
  const { node, lanes } = context;
  if (lanes.vector) return slidingDepthwise(context);
  const plan = ringPlan(node);
  return weightedCall(context, {
    hint: `depthwise_${geometryName(plan.geometry)}`,
    body: depthwiseBody(context, plan),
    weight: weightData(node, 1),
    channels: plan.geometry.m,
    working: context.scratch === null ? undefined : 'rows',
  });
};

interface RingPlan {
  readonly geometry: ConvGeometry;
  readonly multiplier: number;
  /** Of a block of output pixels. */
  readonly columns: number;
  /** Rows held at a time. */
  readonly held: number;
  /** Elements of one phase of a row. */
  readonly phase: number;
}

function ringPlan(node: Node): RingPlan {
  const { multiplier, ...attrs } = attrsOf(definition, node);
  const geometry = convGeometry(node, attrs);
  const { outWidth, width, padLeft, strideX, kernelHeight, kernelWidth, dilationY, dilationX } = geometry;
  const columns = Math.min(4, outWidth);
  const reach = Math.floor(((kernelWidth - 1) * dilationX) / strideX);
  const phase = Math.max(
    Math.ceil(outWidth / columns) * columns + reach,
    Math.ceil((width + padLeft) / strideX),
  );
  return { geometry, multiplier, columns, held: (kernelHeight - 1) * dilationY + 1, phase };
}

const rowSize = ({ phase, geometry }: RingPlan): number => phase * geometry.strideX;

/** Arena scratch in bytes for the ring, if it is too large for the stack. */
function scratchBytes(node: Node, lanes: Lanes): number {
  if (lanes.vector) return depthwiseScratch(node);
  const plan = ringPlan(node);
  return stackOrArena(4 * plan.held * rowSize(plan));
}

function depthwiseBody(context: KernelContext, plan: RingPlan): string[] {
  const { geometry, held } = plan;
  const {
    batch,
    m,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    padTop,
    strideY,
    height,
    width,
    channels,
  } = geometry;
  const residual = context.node.inputs[3] ? [`r += ${outWidth};`] : [];
  const image = plan.multiplier === 1 ? 'm' : `m / ${plan.multiplier}`;
  const plane = [
    `const float *xm = x + ${image} * ${height * width};`,
    `const float *wm = w + m * ${kernelHeight * kernelWidth};`,
    `int next = ${-padTop};`,
    ...loop('i', outHeight, [
      `for (; next <= i * ${strideY} + ${held - 1 - padTop}; next++) {`,
      `float *row = rows + (next + ${padTop}) % ${held} * ${rowSize(plan)};`,
      ...copyRow(plan),
      '}',
      ...(isUnrolled(geometry) ? range(kernelHeight) : []).map(
        (u) =>
          `const float *r${u} = rows + (i * ${strideY} + ${u * geometry.dilationY}) % ${held} * ${rowSize(plan)};`,
      ),
      ...outputRow(context, plan),
      `y += ${outWidth};`,
      ...residual,
    ]),
  ];
  const planes = loop('m', m, plane);
  const setUp = [
    ...(context.scratch === null ? [`float rows[${held * rowSize(plan)}];`] : []),
    ...loop('t', held * rowSize(plan), ['rows[t] = 0.0f;']),
  ];
  return [
    ...setUp,
    ...(batch === 1 ? planes : loop('n', batch, [...planes, `x += ${channels * height * width};`])),
  ];
}

/** Input row `next` into `row`; zeros if it is outside the image. */
function copyRow({ geometry: { height, width, padLeft, strideX }, phase }: RingPlan): string[] {
  const copies = range(strideX).flatMap((s) => {
    const first = (((s - padLeft) % strideX) + strideX) % strideX;
    if (first >= width) return [];
    const to = s * phase + (first + padLeft - s) / strideX;
    const from = strideX === 1 ? 't' : `t * ${strideX}`;
    return loop('t', Math.ceil((width - first) / strideX), [`row[t + ${to}] = source[${from} + ${first}];`]);
  });
  return [
    `if (next >= 0 && next < ${height}) {`,
    `const float *source = xm + next * ${width};`,
    ...copies,
    '} else {',
    ...loop('t', phase * strideX, ['row[t] = 0.0f;']),
    '}',
  ];
}

function outputRow(context: KernelContext, plan: RingPlan): string[] {
  const { columns, geometry } = plan;
  const { outWidth } = geometry;
  const whole = outWidth - (outWidth % columns);
  const left = outWidth - whole;
  return [
    `for (int j = 0; j < ${whole}; j += ${columns}) {`,
    ...taps(plan, columns),
    ...scalarStores(context, columns),
    '}',
    ...(left
      ? ['{', `const int j = ${whole};`, ...taps(plan, left), ...scalarStores(context, left), '}']
      : []),
  ];
}

/** Accumulators a0.. of `columns` pixels from output column j. Elements that several taps read are loaded once. */
function taps(plan: RingPlan, columns: number): string[] {
  const { geometry, phase } = plan;
  const { kernelHeight, kernelWidth, dilationX, strideX } = geometry;
  const starts = range(columns).map((c) => `float a${c} = b[m];`);
  if (!isUnrolled(geometry)) return [...starts, ...tapLoops(plan, columns)];
  const rows = range(kernelHeight).flatMap((u) => {
    const loaded = new Map<string, string>();
    const lines: string[] = [];
    for (let v = 0; v < kernelWidth; v++) {
      const offset = ((v * dilationX) % strideX) * phase + Math.floor((v * dilationX) / strideX);
      for (let c = 0; c < columns; c++) {
        const at = String(offset + c);
        const name = loaded.get(at) ?? `x${u}_${loaded.size}`;
        if (!loaded.has(at)) lines.push(`const float ${name} = r${u}[j + ${at}];`);
        loaded.set(at, name);
        lines.push(`a${c} += wm[${u * kernelWidth + v}] * ${name};`);
      }
    }
    return lines;
  });
  return [...starts, ...rows];
}

function tapLoops(plan: RingPlan, columns: number): string[] {
  const { kernelHeight, kernelWidth, dilationY, strideY } = plan.geometry;
  const row = `rows + (i * ${strideY} + u * ${dilationY}) % ${plan.held} * ${rowSize(plan)}`;
  return loop(
    'u',
    kernelHeight,
    loop('v', kernelWidth, [
      `const float k = wm[u * ${kernelWidth} + v];`,
      `const float *at = ${row} + ${tapOffset(plan)} + j;`,
      ...range(columns).map((c) => `a${c} += k * at[${c}];`),
    ]),
  );
}

function scalarStores({ node }: KernelContext, columns: number): string[] {
  const act = activationOf(node);
  return range(columns).flatMap((c) => [
    ...(node.inputs[3] ? [`a${c} += r[j + ${c}];`] : []),
    storeActivated(act, { y: 'y', index: `j + ${c}`, v: `a${c}` }),
  ]);
}

/**
 * Output row i of a plane, written when input rows up to i * stride + reach - pad are in the ring, must end before the rows
 * that are not: (i + 1) * outWidth <= (i * stride + reach + 1 - pad) * width. Planes keep their numbers, and none grows.
 */
function inPlace(node: Node): boolean {
  const { multiplier, ...attrs } = attrsOf(definition, node);
  const { batch, width, height, outWidth, outHeight, padTop, kernelHeight, dilationY } = convGeometry(
    node,
    attrs,
  );
  const held = (kernelHeight - 1) * dilationY + 1;
  return batch === 1 && multiplier === 1 && outWidth <= width && outHeight <= height && padTop < held;
}

export const depthwiseConv2d: Kernel = { emit, scratchBytes, inPlace };
