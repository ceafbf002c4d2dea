import { itemAt, mulberry32 } from '@ghostc/ir';
import { type PlainKind, plainProbes } from './mcu-plain-probes.ts';

/** Most multiply-accumulates of a layer, and layers of a probe. */
const MOST_MACS = 500_000;
const LAYERS = 14;

const channels = [1, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 240, 480];
const sizes = [3, 5, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48];
type Window = readonly [number, number];

const windows = [
  [3, 3],
  [3, 3],
  [3, 3],
  [5, 5],
  [1, 3],
  [1, 5],
  [5, 1],
  [1, 9],
  [2, 2],
  [7, 7],
] as const;
const activations = ['relu', 'relu', 'relu', 'hard_swish', 'sigmoid', ''];

/** What layers of a kind of probe are drawn from. */
interface Kind {
  /** Chances of layers up to each: 1x1, window, depthwise, maximum, mean, sum, gate, resize. */
  readonly upTo: readonly number[];
  readonly windows: readonly Window[];
  /** Channels and sides of the input. */
  readonly from: readonly number[];
  readonly sides: readonly number[];
  /** Chances: of a stride of 2 of convolutions and of depthwise ones, that windows reach over edges. */
  readonly strided: readonly [number, number];
  readonly padded: readonly [number, number];
  /** Outputs of a depthwise layer for each of its input channels. */
  readonly multipliers?: readonly number[];
  /** Groups of convolutions, where channels divide by them. */
  readonly groups?: readonly number[];
  /** All probes are lines, and a window may take all of one. */
  readonly stream?: true;
}

const usual = {
  from: channels.slice(0, 9),
  sides: sizes.slice(4),
  strided: [0.25, 0.3],
  padded: [0.7, 0.8],
} as const;

const kinds = {
  mixed: { ...usual, upTo: [0.3, 0.5, 0.72, 0.82, 0.86, 0.91, 0.96, 1], windows },
  windows: {
    ...usual,
    upTo: [0.1, 0.5, 0.9, 1, 1, 1, 1, 1],
    windows: [
      [5, 5],
      [5, 5],
      [7, 7],
      [3, 5],
      [1, 9],
      [5, 1],
      [4, 4],
      [3, 3],
      [3, 3],
      [3, 3],
    ],
  },
  // over time and frequencies, from few planes
  spectra: {
    ...usual,
    upTo: [0.1, 0.45, 0.85, 0.95, 1, 1, 1, 1],
    windows: [
      [10, 8],
      [8, 10],
      [10, 4],
      [4, 10],
      [20, 8],
      [8, 20],
      [1, 25],
      [25, 1],
      [12, 12],
      [6, 3],
      [3, 6],
      [2, 9],
    ],
    multipliers: [1, 1, 2, 4, 8],
    from: [1, 1, 2, 3],
  },
  // a few values at a time, as in keyword spotting
  streams: {
    ...usual,
    upTo: [0.3, 0.45, 0.85, 0.87, 0.87, 0.89, 0.89, 1],
    windows: ([3, 5, 5, 7, 9, 10, 13, 15, 21, 29] as const).map((taps): Window => [1, taps]),
    from: [20, 24, 30, 32, 40, 60, 64],
    sides: [3, 5, 9, 13, 15, 21, 25, 30],
    padded: [0.1, 0.1],
    stream: true,
  },
  // small images
  tiny: {
    ...usual,
    upTo: [0.15, 0.65, 0.85, 0.92, 0.94, 0.96, 0.96, 1],
    windows: [
      [3, 3],
      [3, 3],
      [3, 3],
      [5, 5],
      [2, 2],
      [7, 3],
      [3, 7],
      [15, 3],
    ],
    from: channels.slice(0, 6),
    sides: [6, 7, 9, 13, 14, 16, 28],
    strided: [0.5, 0.5],
  },
  // planes that shrink, as in networks of a camera's picture without padding
  cameras: {
    ...usual,
    upTo: [0.03, 0.5, 0.65, 0.75, 1, 1, 1, 1],
    windows: [
      [3, 3],
      [3, 3],
      [3, 3],
      [5, 5],
    ],
    from: [1, 1, 3, 8, 16, 24],
    sides: [16, 24, 30, 32, 48, 64, 96],
    strided: [0.4, 0.5],
    padded: [0.3, 0.3],
  },
  // lines of five to thirteen pixels without padding, as where digits are read: seldom fours
  narrow: {
    ...usual,
    upTo: [0.1, 0.75, 0.85, 1, 1, 1, 1, 1],
    windows: [
      [3, 3],
      [5, 5],
      [5, 5],
      [2, 2],
    ],
    from: [1, 3, 6, 8, 12, 16],
    sides: [9, 10, 11, 13, 14, 15, 17, 18],
    strided: [0.1, 0.2],
    padded: [0, 0.2],
  },
  // as in ResNeXt, RegNet and ShuffleNet
  groups: {
    ...usual,
    upTo: [0.3, 0.9, 0.95, 1, 1, 1, 1, 1],
    windows: [
      [3, 3],
      [3, 3],
      [3, 3],
      [5, 5],
    ],
    from: [16, 24, 32, 48, 64, 96],
    sides: [2, 3, 4, 6, 7, 8, 12, 14],
    strided: [0.15, 0.2],
    padded: [1, 1],
    groups: [1, 2, 3, 4, 8, 8],
  },
  // planes of a few pixels and many channels, where large networks of small pictures end
  ends: {
    ...usual,
    upTo: [0.3, 0.36, 0.86, 0.88, 0.88, 0.92, 1, 1],
    windows: [
      [3, 3],
      [5, 5],
      [5, 5],
      [7, 7],
    ],
    from: [16, 24, 48, 72, 96, 144, 288],
    sides: [2, 3, 4, 4, 5, 6, 7, 8],
    strided: [0.1, 0.15],
    padded: [1, 1],
  },
} as const satisfies Readonly<Record<string, Kind>>;
export type ProbeKind = keyof typeof kinds | PlainKind;

/**
 * A network of seeded layers as text: convolutions of many sizes and windows, pools, sums, gates, dense layers. Costs of layers
 * are fitted to such, so that they hold for networks that nobody counted.
 */
export function probe(seed: number, kind: ProbeKind): string {
  return isPlain(kind) ? plainProbes[kind](mulberry32(seed)) : new Probe(seed, kinds[kind]).text();
}

function isPlain(kind: ProbeKind): kind is PlainKind {
  return Object.hasOwn(plainProbes, kind);
}

class Probe {
  readonly #next: () => number;
  readonly #kind: Kind;
  readonly #lines: string[] = [];
  #constants = 0;
  #values = 0;
  #at = 'x';
  #shape: readonly [number, number, number];

  constructor(seed: number, of: Kind) {
    this.#kind = of;
    this.#next = mulberry32(seed);
    const width = this.#one(of.sides);
    const from = this.#one(of.from);
    // every third is a long line
    if (of.stream) this.#shape = [from, 1, width];
    else this.#shape = seed % 3 ? [from, this.#one(of.sides), width] : [from, 1, 4 * width];
  }

  text(): string {
    const input = this.#shape.join(',');
    for (let i = 0; i < LAYERS; i++) this.#layer();
    this.#head();
    return `graph @probe(%x: f32[1,${input}])\n${this.#lines.join('\n')}\n  return %${this.#at}`;
  }

  #one<T>(list: readonly T[]): T {
    return itemAt(list, Math.floor(this.#next() * list.length));
  }

  #layer(): void {
    const [c, h, w] = this.#shape;
    const { upTo, windows, strided } = this.#kind;
    const drawn = this.#next();
    const kind = upTo.findIndex((end) => drawn < end);
    if (kind === 0) this.#conv([1, 1], 1);
    else if (kind === 1) this.#conv(this.#one(windows), this.#next() < strided[0] ? 2 : 1);
    else if (kind === 2) this.#depthwise(this.#one(windows), this.#next() < strided[1] ? 2 : 1);
    else if (kind === 3) this.#pool('max_pool');
    else if (kind === 4) this.#pool('average_pool');
    else if (kind === 5) this.#sum();
    else if (kind === 6) this.#gate();
    else if (c * h * w < 4000) this.#resize();
  }

  #emit(text: string, shape = this.#shape): void {
    this.#at = `v${this.#values++}`;
    this.#lines.push(`  %${this.#at} = ${text}`);
    this.#shape = shape;
  }

  #constant(shape: readonly number[]): string {
    const name = `c${++this.#constants}`;
    this.#lines.unshift(`  const %${name}: f32[${shape.join(',')}] = random(${this.#constants})`);
    return `%${name}`;
  }

  #activate(name = this.#one(activations)): void {
    if (name) this.#emit(`${name} %${this.#at}`);
  }

  #window([wanted, across]: readonly [number, number], stride: number, edges: 'padded' | 'open') {
    const [, h, w] = this.#shape;
    const kernel = [Math.min(wanted, h), Math.min(across, w)] as const;
    // planes shall not end with the first large window
    const open = edges === 'open' && (this.#kind.stream || Math.max(...kernel) < 8);
    const pads = kernel.map((size) => (open ? 0 : Math.floor(size / 2)));
    const [top = 0, left = 0] = pads;
    const steps = [h > 3 ? stride : 1, w > 3 ? stride : 1] as const;
    const out = [
      Math.floor((h + 2 * top - kernel[0]) / steps[0]) + 1,
      Math.floor((w + 2 * left - kernel[1]) / steps[1]) + 1,
    ] as const;
    return {
      kernel,
      out,
      attributes: `pads=[${[...pads, ...pads].join(',')}], strides=[${steps.join(',')}]`,
    };
  }

  #conv(size: readonly [number, number], stride: number): void {
    const [c] = this.#shape;
    const { kernel, out, attributes } = this.#window(
      size,
      stride,
      this.#next() < this.#kind.padded[0] ? 'padded' : 'open',
    );
    const [kh, kw] = kernel;
    const [h, w] = out;
    const fits = channels.filter((m) => m * c * kh * kw * h * w <= MOST_MACS);
    const m = this.#one(fits.length ? fits : [1]);
    const drawn = this.#kind.groups ? this.#one(this.#kind.groups) : 1;
    const group = c % drawn || m % drawn ? 1 : drawn;
    const [weight, bias] = [this.#constant([m, c / group, kh, kw]), this.#constant([m])];
    const more = group > 1 ? `, group=${group}` : '';
    this.#emit(`conv2d %${this.#at}, ${weight}, ${bias} {${attributes}${more}}`, [m, h, w]);
    this.#activate();
  }

  #depthwise(size: readonly [number, number], stride: number): void {
    const [c] = this.#shape;
    const { kernel, out, attributes } = this.#window(
      size,
      stride,
      this.#next() < this.#kind.padded[1] ? 'padded' : 'open',
    );
    const { multipliers } = this.#kind;
    const drawn = multipliers ? this.#one(multipliers) : 1;
    const macs = c * kernel[0] * kernel[1] * out[0] * out[1];
    const times = drawn * c <= 64 && drawn * macs <= MOST_MACS ? drawn : 1;
    const more = times > 1 ? `, multiplier=${times}` : '';
    const [weight, bias] = [this.#constant([times * c, 1, ...kernel]), this.#constant([times * c])];
    this.#emit(`depthwise_conv2d %${this.#at}, ${weight}, ${bias} {${attributes}${more}}`, [
      times * c,
      ...out,
    ]);
    this.#activate();
  }

  #pool(op: 'max_pool' | 'average_pool'): void {
    const size = this.#one([
      [2, 2],
      [2, 2],
      [3, 3],
      [1, 2],
      [4, 4],
    ] as const);
    const { kernel, out, attributes } = this.#window(
      size,
      this.#next() < 0.8 ? 2 : 1,
      size[0] === 3 ? 'padded' : 'open',
    );
    const [c] = this.#shape;
    this.#emit(`${op} %${this.#at} {kernel_shape=[${kernel.join(',')}], ${attributes}}`, [c, ...out]);
  }

  /** With a branch. */
  #sum(): void {
    const [from, [c]] = [this.#at, this.#shape];
    const [weight, bias] = [this.#constant([c, 1, 3, 3]), this.#constant([c])];
    this.#emit(`depthwise_conv2d %${from}, ${weight}, ${bias} {pads=[1,1,1,1]}`);
    this.#emit(`add %${from}, %${this.#at}`);
    this.#activate();
  }

  /** A squeeze and excitation. */
  #gate(): void {
    const [from, shape] = [this.#at, this.#shape];
    this.#emit(`global_average_pool %${from}`, [shape[0], 1, 1]);
    const inner = Math.ceil(shape[0] / 4);
    this.#dense(inner, shape[0]);
    this.#activate('relu');
    this.#dense(shape[0], inner);
    this.#activate(this.#one(['sigmoid', 'hard_sigmoid']));
    this.#emit(`mul %${from}, %${this.#at}`, shape);
  }

  #dense(m: number, c: number): void {
    const [weight, bias] = [this.#constant([m, c, 1, 1]), this.#constant([m])];
    this.#emit(`conv2d %${this.#at}, ${weight}, ${bias}`, [m, 1, 1]);
  }

  #resize(): void {
    const [c, h, w] = this.#shape;
    const to = [c, h > 1 ? 2 * h : 1, 2 * w] as const;
    this.#emit(
      `resize %${this.#at} {sizes=[1,${to.join(',')}], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"}`,
      to,
    );
  }

  /** Flattened or averaged, then two dense layers. */
  #head(): void {
    if (this.#shape[0] * this.#shape[1] * this.#shape[2] > 1500)
      this.#emit(`global_average_pool %${this.#at}`, [this.#shape[0], 1, 1]);
    const inputs = this.#shape[0] * this.#shape[1] * this.#shape[2];
    this.#emit(`reshape %${this.#at} {shape=[1,${inputs}]}`);
    const hidden = this.#one(channels.slice(5));
    const outputs = this.#one([2, 3, 5, 6, 10, 12, 100]);
    this.#fullyConnected(hidden, inputs);
    this.#activate('relu');
    this.#fullyConnected(outputs, hidden);
    this.#emit(`softmax %${this.#at} {axis=1}`);
  }

  #fullyConnected(m: number, inputs: number): void {
    const [weight, bias] = [this.#constant([m, inputs]), this.#constant([m])];
    this.#emit(`fully_connected %${this.#at}, ${weight}, ${bias}`);
  }
}
