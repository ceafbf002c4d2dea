import { fromNumbers, Graph, itemAt, printGraph, randomTensor, type Tensor, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import fc from 'fast-check';

const kinds = [
  'ghost',
  'conv',
  'batch_norm',
  'pool',
  'relu',
  'add',
  'shared',
  'pad',
  'mean',
  'excite',
] as const;
type Kind = (typeof kinds)[number];

/** Numbers to choose the details of a step by. */
interface Choice {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * Valid graphs of lines and images at the edges of what rules expect: Ghost modules of any primary width, ratio and slice,
 * weights that layers share, batch norms of any rank, linear layers after a flatten.
 */
export function randomEdgeGraph(): fc.Arbitrary<Graph> {
  const size = fc.integer({ min: 1, max: 6 });
  const choice = fc.record({ a: fc.nat(11), b: fc.nat(11), c: fc.nat(2 ** 20) });
  const step = fc.tuple(fc.constantFrom<Kind>(...kinds), choice);
  return fc
    .record({
      batch: fc.constantFrom(1, 1, 2),
      channels: size,
      spatial: fc.oneof(fc.tuple(size), fc.tuple(size, size)),
      steps: fc.array(step, { minLength: 1, maxLength: 6 }),
      head: fc.boolean(),
    })
    .map(({ batch, channels, spatial, steps, head }) => {
      const builder = new EdgeGraphBuilder([batch, channels, ...spatial]);
      for (const [kind, numbers] of steps) builder.add(kind, numbers);
      if (head) builder.addHead();
      return builder.finish();
    });
}

class EdgeGraphBuilder {
  readonly #graph = new Graph('edge');
  readonly #values: Value[];
  #weight: Value | null = null;

  constructor(shape: readonly number[]) {
    this.#values = [this.#graph.addInput('x', { dtype: 'f32', shape })];
  }

  get #last(): Value {
    return itemAt(this.#values, -1);
  }

  add(kind: Kind, choice: Choice): void {
    this.#values.push(this.#step(kind, this.#last, choice));
  }

  addHead(): void {
    this.#values.push(this.#head(this.#last));
  }

  finish(): Graph {
    this.#graph.addOutput('y', this.#last);
    const graph = this.#graph;
    Object.defineProperty(graph, fc.toStringMethod, { value: () => printGraph(graph).text });
    return graph;
  }

  #step(kind: Kind, x: Value, { a, b, c }: Choice): Value {
    const [, channels = 1] = x.type.shape.map(Number);
    if (kind === 'ghost') return this.#ghost(x, { a, b, c });
    if (kind === 'conv') return this.#conv(x, this.#kernel([1 + a, channels], 1 + (b % 3), c), 1 + (c % 2));
    if (kind === 'batch_norm') return this.#batchNorm(x, c);
    if (kind === 'pool') return this.#pool(x, { a, b, c });
    if (kind === 'relu') return this.#node('relu', [x]);
    if (kind === 'add') return this.#node('add', [x, a % 2 ? x : this.#random([channels, ...ones(x)], c)]);
    if (kind === 'pad') return this.#node('pad', [x], { pads: [...zeros(x), ...zeros(x).slice(1), 1] });
    if (kind === 'mean') return this.#node('reduce_mean', [x], { axes: ones(x).map((_, i) => i + 2) });
    if (kind === 'excite') return this.#node('mul', [x, this.#gate(x, c)]);
    return this.#shared(x, c);
  }

  /** Any primary width, ratio 2 to 4, a slice that begins anywhere and keeps anything, activations that may differ. */
  #ghost(x: Value, { a, b, c }: Choice): Value {
    const init = 1 + (a % 8);
    const multiplier = 1 + (b % 3);
    const channels = Number(x.type.shape[1]);
    const relu = (value: Value): Value => this.#node('relu', [value]);
    const primary = this.#conv(x, this.#kernel([init, channels], 1 + 2 * (b % 2), c), 1);
    const p = a % 3 > 0 ? relu(primary) : primary;
    const cheap = this.#conv(p, this.#kernel([init * multiplier, 1], 1 + (a % 4), c + 1), 1, init);
    const q = a % 3 > 0 || b % 4 === 0 ? relu(cheap) : cheap;
    const same = q.type.shape.slice(2).join() === p.type.shape.slice(2).join();
    if (!same) return q;
    const joined = this.#node('concat', [p, q], { axis: 1 });
    if (c % 4 === 0) return joined;
    const total = init * (1 + multiplier);
    const start = c % 4 === 1 ? b % total : 0;
    const keep = 1 + ((a + b) % (total - start));
    return this.#node('slice', [joined], { starts: [start], ends: [start + keep], axes: [1] });
  }

  /** A pointwise layer that reuses the weight of the last one of its kind. */
  #shared(x: Value, seed: number): Value {
    const channels = Number(x.type.shape[1]);
    const known = this.#weight;
    const fits = known?.type.shape[1] === channels;
    const weight = known && fits ? known : this.#random([channels, channels, 1, 1], seed);
    this.#weight = weight;
    return this.#node('conv2d', [x, weight]);
  }

  #pool(x: Value, { a, b, c }: Choice): Value {
    const [height = 1, width = 1] = plane(x);
    if (c % 3 === 0) return this.#node('global_average_pool', [x]);
    const kernel_shape = [
      x.type.shape.length === 3 ? 1 : Math.min(height, 1 + (a % 2)),
      Math.min(width, 1 + (b % 3)),
    ];
    return this.#node(c % 3 === 1 ? 'max_pool' : 'average_pool', [x], {
      kernel_shape,
      strides: [1, 1 + (a % 2)],
    });
  }

  #batchNorm(x: Value, seed: number): Value {
    const channels = Number(x.type.shape[1]);
    const variance = fromNumbers(
      'f32',
      [channels],
      Array.from({ length: channels }, (_, i) => 0.5 + i),
    );
    const [scale, shift, mean] = [0, 1, 2].map((i) => this.#random([channels], seed + i));
    return this.#node('batch_norm', [
      x,
      scale ?? null,
      shift ?? null,
      mean ?? null,
      this.#constant(variance),
    ]);
  }

  #gate(x: Value, seed: number): Value {
    const channels = Number(x.type.shape[1]);
    const mean = this.#node('global_average_pool', [x]);
    const small = this.#node('relu', [this.#node('conv2d', [mean, this.#random([2, channels, 1, 1], seed)])]);
    return this.#node('sigmoid', [
      this.#node('conv2d', [small, this.#random([channels, 2, 1, 1], seed + 1)]),
    ]);
  }

  /** Batch norm, flatten, fully connected, batch norm. */
  #head(x: Value): Value {
    const [n = 1, ...sizes] = x.type.shape.map(Number);
    const features = sizes.reduce((product, size) => product * size, 1);
    const rows = this.#node('reshape', [this.#batchNorm(x, 3)], { shape: [n, features] });
    const linear = this.#node('gemm', [rows, this.#random([3, features], 4)], { trans_b: true });
    return this.#batchNorm(linear, 5);
  }

  /** Padded by half its kernel, so that odd ones keep the size. */
  #conv(x: Value, weight: Value, stride: number, group = 1): Value {
    const [, , kh = 1, kw = 1] = weight.type.shape.map(Number);
    const line = x.type.shape.length === 3;
    const [rows, columns] = [line ? 0 : kh >> 1, kw >> 1];
    const attrs = { pads: [rows, columns, rows, columns], strides: [line ? 1 : stride, stride], group };
    return this.#node('conv2d', [x, line ? this.#row(weight) : weight], attrs);
  }

  /** The kernel of a line has one row. */
  #row(weight: Value): Value {
    const [m = 1, c = 1, kh = 1, kw = 1] = weight.type.shape.map(Number);
    return kh === 1 ? weight : this.#random([m, c, 1, kw], m + c);
  }

  #kernel([m, c]: readonly [number, number], size: number, seed: number): Value {
    return this.#random([m, c, size, size], seed);
  }

  #node(
    op: string,
    inputs: readonly (Value | null)[],
    attrs: Record<string, number | boolean | readonly number[]> = {},
  ): Value {
    return buildNode(this.#graph, { op, inputs, attrs }).output;
  }

  #random(shape: readonly number[], seed: number): Value {
    return this.#constant(randomTensor({ dtype: 'f32', shape }, seed));
  }

  #constant(tensor: Tensor): Value {
    return this.#graph.addConstant('c', tensor);
  }
}

/** A 1 for each spatial axis. */
function ones(x: Value): number[] {
  return x.type.shape.slice(2).map(() => 1);
}

function zeros(x: Value): number[] {
  return x.type.shape.map(() => 0);
}

/** Height and width; a line has the height 1. */
function plane(x: Value): number[] {
  const sizes = x.type.shape.slice(2).map(Number);
  return sizes.length === 1 ? [1, ...sizes] : sizes;
}
