import type { Node } from '@ghostc/ir';
import { attrsOf, averagePool as averageOp } from '@ghostc/ops';
import type { Emit, Kernel } from '../kernel.ts';
import type { Lanes } from '../lanes.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { loop } from '../text/loops.ts';
import { floatRuns } from './float-runs.ts';
import { input, shapeOf } from './operands.ts';
import {
  countedLines,
  maxGeometry,
  type PoolGeometry,
  type PoolText,
  poolBody,
  poolGeometry,
  poolStore,
  windowGeometry,
} from './pool-window.ts';
import { slidingBody, slidingScratch } from './sliding-window.ts';

const emitMaxPool: Emit = ({ node, pointer, lanes, scratch }) => {
  const geometry = maxGeometry(node);
  if (slides(node, lanes)) {
    return {
      fn: {
        hint: `max_pool_${geometry.out.join('x')}`,
        params: ['const float *x', 'float *y', ...(scratch ? ['float *rows'] : [])],
        body: slidingMaximum(geometry),
        needs: [floatRuns],
      },
      args: [pointer(input(node, 0)), pointer(node.output), ...(scratch ? [scratch] : [])],
    };
  }
  const body = poolBody(geometry, floatMaximum(geometry));
  return {
    fn: { hint: `max_pool_${geometry.out.join('x')}`, params: ['const float *x', 'float *y'], body },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

export const maxPool: Kernel = {
  emit: emitMaxPool,
  scratchBytes: (node, lanes) =>
    slides(node, lanes) ? slidingScratch(windowGeometry(maxGeometry(node))) : 0,
};

function slides({ output }: Node, { vector }: Lanes): boolean {
  return vector && output.type.dtype === 'f32';
}

function slidingMaximum(geometry: PoolGeometry): string[] {
  return slidingBody({
    geometry: windowGeometry(geometry),
    planes: geometry.planes,
    multiplier: 1,
    padding: '-INFINITY',
    plane: [],
    start: 'SPLAT(-INFINITY)',
    tap: (v, e) => `${v} = SELECT((${e} > ${v}) | (${e} != ${e}), ${e}, ${v});`,
    residual: false,
    finish: () => [],
  });
}

export const averagePool: Emit = ({ node, pointer }) => {
  const attrs = attrsOf(averageOp, node);
  const geometry = poolGeometry(shapeOf(input(node, 0)), shapeOf(node.output), attrs);
  const body = poolBody(geometry, attrs.count_include_pad ? paddedMean(geometry) : insideMean(geometry));
  return {
    fn: { hint: `average_pool_${geometry.out.join('x')}`, params: ['const float *x', 'float *y'], body },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

const floats = { type: 'float', register: 'float' } as const;

function floatMaximum(geometry: PoolGeometry): PoolText {
  return {
    ...floats,
    start: ['float best = -INFINITY;'],
    element: ['best = e > best || e != e ? e : best;'],
    finish: [poolStore(geometry, 'best')],
  };
}

function insideMean(geometry: PoolGeometry): PoolText {
  return {
    ...floats,
    start: ['float sum = 0.0f;', 'int count = 0;'],
    element: ['sum += e;', 'count++;'],
    finish: [poolStore(geometry, 'sum / (float)count')],
  };
}

/** Padding counts; window positions beyond the trailing padding (ceil_mode) do not. */
function paddedMean(geometry: PoolGeometry): PoolText {
  return {
    ...floats,
    start: ['float sum = 0.0f;', ...countedLines(geometry)],
    element: ['sum += e;'],
    finish: [poolStore(geometry, 'sum / (float)(high * wide)')],
  };
}

/** Four partial sums per plane: shorter chains of additions and smaller rounding errors. */
export const globalAveragePool: Emit = ({ node, pointer }) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = shapeOf(input(node, 0));
  const plane = height * width;
  const whole = plane - (plane % 4);
  return {
    fn: {
      hint: `mean_${channels}x${height}x${width}`,
      params: ['const float *x', 'float *y'],
      body: loop('p', batch * channels, [
        'float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;',
        ...(whole
          ? [
              `for (int t = 0; t < ${whole}; t += 4) {`,
              's0 += x[t];',
              's1 += x[t + 1];',
              's2 += x[t + 2];',
              's3 += x[t + 3];',
              '}',
            ]
          : []),
        ...Array.from({ length: plane - whole }, (_, i) => `s0 += x[${whole + i}];`),
        `y[p] = ((s0 + s1) + (s2 + s3)) * ${floatLiteral(1 / plane)};`,
        `x += ${plane};`,
      ]),
    },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};
