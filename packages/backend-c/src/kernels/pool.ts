import { attrsOf, averagePool as averageOp, maxPool as maxOp } from '@ghostc/ops';
import type { Kernel } from '../kernel.ts';
import { floatLiteral } from '../text/float-literal.ts';
import { loop } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';

interface PoolGeometry {
  readonly planes: number;
  readonly size: readonly [number, number];
  readonly out: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pads: readonly number[];
}

interface PoolAttrs {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

function poolGeometry(from: readonly number[], to: readonly number[], attrs: PoolAttrs): PoolGeometry {
  const two = ([a = 1, b = 1]: readonly number[]): readonly [number, number] => [a, b];
  return {
    planes: (to[0] ?? 1) * (to[1] ?? 1),
    size: two(from.slice(2)),
    out: two(to.slice(2)),
    kernel: two(attrs.kernel_shape),
    stride: two(attrs.strides),
    dilation: two(attrs.dilations),
    pads: attrs.pads,
  };
}

/** What is done at each output position: before the window, with each element `e` of it, after it. */
interface PoolText {
  readonly start: readonly string[];
  readonly element: readonly string[];
  readonly finish: readonly string[];
}

/** Loops over planes, output positions and the elements of the window that are inside the image. */
function poolBody(geometry: PoolGeometry, text: PoolText): string[] {
  const { planes, size, out, kernel, stride, pads, dilation } = geometry;
  const walk = (axis: 0 | 1, index: string, body: readonly string[]): string[] => {
    const [o, k] = axis === 0 ? ['i', 'u'] : ['j', 'v'];
    const last = (out[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] - (pads[axis] ?? 0);
    const inside = (pads[axis] ?? 0) === 0 && last < size[axis];
    const at = `const int ${index} = ${o} * ${stride[axis]} + ${k} * ${dilation[axis]} - ${pads[axis] ?? 0};`;
    const test = inside ? body : [`if (${index} >= 0 && ${index} < ${size[axis]}) {`, ...body, '}'];
    return loop(k, kernel[axis], [at, ...test]);
  };
  const window = walk(
    0,
    'row',
    walk(1, 'column', [`const float e = xp[row * ${size[1]} + column];`, ...text.element]),
  );
  const pixel = [...text.start, ...window, ...text.finish];
  const plane = loop('i', out[0], loop('j', out[1], pixel));
  return loop('p', planes, [`const float *xp = x + p * ${size[0] * size[1]};`, ...plane]);
}

const store = ({ out }: PoolGeometry, value: string): string =>
  `y[(p * ${out[0]} + i) * ${out[1]} + j] = ${value};`;

export const maxPool: Kernel = ({ node, pointer }) => {
  const geometry = poolGeometry(shapeOf(input(node, 0)), shapeOf(node.output), attrsOf(maxOp, node));
  const body = poolBody(geometry, {
    start: ['float best = -INFINITY;'],
    element: ['best = e > best || e != e ? e : best;'],
    finish: [store(geometry, 'best')],
  });
  return {
    fn: { hint: `max_pool_${geometry.out.join('x')}`, params: ['const float *x', 'float *y'], body },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

export const averagePool: Kernel = ({ node, pointer }) => {
  const attrs = attrsOf(averageOp, node);
  const geometry = poolGeometry(shapeOf(input(node, 0)), shapeOf(node.output), attrs);
  const body = poolBody(geometry, attrs.count_include_pad ? paddedMean(geometry) : insideMean(geometry));
  return {
    fn: { hint: `average_pool_${geometry.out.join('x')}`, params: ['const float *x', 'float *y'], body },
    args: [pointer(input(node, 0)), pointer(node.output)],
  };
};

function insideMean(geometry: PoolGeometry): PoolText {
  return {
    start: ['float sum = 0.0f;', 'int count = 0;'],
    element: ['sum += e;', 'count++;'],
    finish: [store(geometry, 'sum / (float)count')],
  };
}

/** Padding counts; window positions beyond the trailing padding (ceil_mode) do not. */
function paddedMean(geometry: PoolGeometry): PoolText {
  const counted = (axis: 0 | 1, o: string, name: string): string[] => {
    const end = geometry.size[axis] + (geometry.pads[axis] ?? 0) + (geometry.pads[axis + 2] ?? 0);
    const room = `(${end} - ${o} * ${geometry.stride[axis]} + ${geometry.dilation[axis] - 1}) / ${geometry.dilation[axis]}`;
    return [`const int ${name} = ${room} < ${geometry.kernel[axis]} ? ${room} : ${geometry.kernel[axis]};`];
  };
  return {
    start: ['float sum = 0.0f;', ...counted(0, 'i', 'high'), ...counted(1, 'j', 'wide')],
    element: ['sum += e;'],
    finish: [store(geometry, 'sum / (float)(high * wide)')],
  };
}

/** Four partial sums per plane: shorter chains of additions and smaller rounding errors. */
export const globalAveragePool: Kernel = ({ node, pointer }) => {
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
