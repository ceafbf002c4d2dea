import type { Node } from '@ghostc/ir';
import { attrsOf, maxPool } from '@ghostc/ops';
import { loop } from '../text/loops.ts';
import { input, shapeOf } from './operands.ts';
import type { WindowGeometry } from './sliding-window.ts';

export interface PoolGeometry {
  readonly planes: number;
  readonly size: readonly [number, number];
  readonly out: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pads: readonly number[];
}

export interface PoolAttrs {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

export function poolGeometry(from: readonly number[], to: readonly number[], attrs: PoolAttrs): PoolGeometry {
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

export function maxGeometry(node: Node): PoolGeometry {
  return poolGeometry(shapeOf(input(node, 0)), shapeOf(node.output), attrsOf(maxPool, node));
}

export function windowGeometry({ size, out, kernel, stride, dilation, pads }: PoolGeometry): WindowGeometry {
  return {
    ...{ height: size[0], width: size[1], outHeight: out[0], outWidth: out[1] },
    ...{ kernelHeight: kernel[0], kernelWidth: kernel[1], strideY: stride[0], strideX: stride[1] },
    ...{ dilationY: dilation[0], dilationX: dilation[1], padTop: pads[0] ?? 0, padLeft: pads[1] ?? 0 },
  };
}

/** What is done at each output position: before the window, with each element `e` of it, after it. */
export interface PoolText {
  /** C type of the elements of x. */
  readonly type: string;
  /** C type of `e`. */
  readonly register: string;
  readonly start: readonly string[];
  readonly element: readonly string[];
  readonly finish: readonly string[];
}

/** Loops over planes, output positions and the elements of the window that are inside the image. */
export function poolBody(geometry: PoolGeometry, text: PoolText): string[] {
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
    walk(1, 'column', [`const ${text.register} e = xp[row * ${size[1]} + column];`, ...text.element]),
  );
  const pixel = [...text.start, ...window, ...text.finish];
  const plane = loop('i', out[0], loop('j', out[1], pixel));
  return loop('p', planes, [`const ${text.type} *xp = x + p * ${size[0] * size[1]};`, ...plane]);
}

export function poolStore({ out }: PoolGeometry, value: string): string {
  return `y[(p * ${out[0]} + i) * ${out[1]} + j] = ${value};`;
}

/** `high` and `wide`: how much of the window at output position i, j lies inside input plus padding. */
export function countedLines({ size, stride, pads, dilation, kernel }: PoolGeometry): string[] {
  return ([0, 1] as const).map((axis) => {
    const [o, name] = axis === 0 ? ['i', 'high'] : ['j', 'wide'];
    const end = size[axis] + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    const room = `(${end} - ${o} * ${stride[axis]} + ${dilation[axis] - 1}) / ${dilation[axis]}`;
    return `const int ${name} = ${room} < ${kernel[axis]} ? ${room} : ${kernel[axis]};`;
  });
}
