import type { Node, Tensor } from '@ghostc/ir';
import { attrsOf, windowAttrs } from '@ghostc/ops';

/** A layer with weights as matrix products: `groups` of them, each of `rows` output channels over `taps` inputs. */
export interface LayerShape {
  readonly groups: number;
  readonly rows: number;
  readonly taps: number;
}

/**
 * The layer as products of its weight's rows with columns of its input; undefined if it is not a layer with
 * weights.
 */
export function layerShape({ op, attrs, inputs }: Node): LayerShape | undefined {
  const [m = 1, ...rest] = inputs[1]?.type.shape.map(Number) ?? [];
  const taps = rest.reduce((product, size) => product * size, 1);
  if (op === 'fully_connected') return { groups: 1, rows: m, taps };
  if (op === 'conv2d') {
    const groups = Number(attrs.group ?? 1);
    return { groups, rows: m / groups, taps };
  }
  if (op !== 'depthwise_conv2d') return undefined;
  // A weight may have fewer channels than the input times the multiplier: then each is a group.
  const multiplier = Number(attrs.multiplier ?? 1);
  const rows = m % multiplier === 0 ? multiplier : 1;
  return { groups: m / rows, rows, taps };
}

/** Columns of the input that a layer's outputs multiply: [taps][count], for one group. */
export type Columns = readonly Float64Array[];

/**
 * The columns of evenly spaced outputs of one group, at most `most` per sample. Positions outside the image
 * are 0. `read` returns an element of the input by its flat index.
 */
export class ColumnReader {
  readonly count: number;
  readonly #offsets: Int32Array;
  readonly #taps: number;
  readonly #elements: number;

  constructor(node: Node, x: Tensor, most: number) {
    const places = windowPlaces(node, x.shape);
    const step = Math.max(1, places.positions / most);
    this.count = Math.floor(places.positions / step);
    this.#taps = places.taps;
    this.#elements = places.groupElements;
    this.#offsets = new Int32Array(this.#taps * this.count);
    for (let i = 0; i < this.count; i++) {
      const position = Math.min(places.positions - 1, Math.floor((i + 0.5) * step));
      for (let tap = 0; tap < this.#taps; tap++)
        this.#offsets[tap * this.count + i] = places.at(position, tap);
    }
  }

  /** The columns of a group. */
  read(data: ArrayLike<number>, group: number): Columns {
    const { count } = this;
    const start = group * this.#elements;
    return Array.from({ length: this.#taps }, (_, tap) => {
      const column = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        const at = this.#offsets[tap * count + i] ?? -1;
        column[i] = at < 0 ? 0 : (data[start + at] ?? 0);
      }
      return column;
    });
  }
}

interface Places {
  readonly positions: number;
  readonly taps: number;
  /** Elements between the inputs of two groups. */
  readonly groupElements: number;
  /** Flat index of the element a tap reads at a position, in the first group; -1 outside. */
  readonly at: (position: number, tap: number) => number;
}

function windowPlaces(node: Node, shape: readonly number[]): Places {
  if (node.op === 'fully_connected') {
    const taps = shape[1] ?? 1;
    return { positions: shape[0] ?? 1, taps, groupElements: 0, at: (row, tap) => row * taps + tap };
  }
  const { strides, pads, dilations } = attrsOf({ attrs: windowAttrs }, node);
  const [, perGroup = 1, ...kernel] = node.inputs[1]?.type.shape.map(Number) ?? [];
  const [kernelHeight = 1, kernelWidth = 1] = kernel;
  const [n = 1, channels = 1, ...plane] = shape;
  const [height, width] = plane.length > 1 ? [plane[0] ?? 1, plane[1] ?? 1] : [1, plane[0] ?? 1];
  const [, , ...out] = node.output.type.shape.map(Number);
  const [outHeight, outWidth] = out.length > 1 ? [out[0] ?? 1, out[1] ?? 1] : [1, out[0] ?? 1];
  const [strideY = 1, strideX = 1] = strides;
  const [top = 0, left = 0] = pads;
  const [dilateY = 1, dilateX = 1] = dilations;
  const area = outHeight * outWidth;
  return {
    positions: n * area,
    taps: perGroup * kernelHeight * kernelWidth,
    groupElements: perGroup * height * width,
    at(position, tap) {
      const [image, place] = [Math.floor(position / area), position % area];
      const [channel, window] = [
        Math.floor(tap / (kernelHeight * kernelWidth)),
        tap % (kernelHeight * kernelWidth),
      ];
      const y = Math.floor(place / outWidth) * strideY + Math.floor(window / kernelWidth) * dilateY - top;
      const x = (place % outWidth) * strideX + (window % kernelWidth) * dilateX - left;
      if (y < 0 || x < 0 || y >= height || x >= width) return -1;
      return ((image * channels + channel) * height + y) * width + x;
    },
  };
}
