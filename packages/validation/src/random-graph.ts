import {
  fromNumbers,
  Graph,
  mulberry32,
  printGraph,
  randomTensor,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import fc from 'fast-check';

/** One step of a random graph: what to add, and numbers to choose its details by. */
interface Step {
  readonly kind: (typeof kinds)[number];
  readonly pick: number;
  readonly seed: number;
}

const kinds = [
  'conv',
  'pointwise',
  'depthwise',
  'batch_norm',
  'activation',
  'hard_sigmoid',
  'add',
  'concat',
  'ghost',
  'slice',
  'pool',
  'scale',
  'pad',
  'transpose',
  'squeeze_excite',
  'reshape',
] as const;

/** Valid random graphs: Ghost-like blocks and general CNN ops on small images of odd sizes. Shrinks to fewer steps. */
export function randomGraph(): fc.Arbitrary<Graph> {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(1000),
    seed: fc.nat(2 ** 30),
  });
  const shape = fc.record({
    channels: fc.integer({ min: 1, max: 6 }),
    height: fc.integer({ min: 2, max: 7 }),
    width: fc.integer({ min: 2, max: 7 }),
  });
  return fc
    .tuple(shape, fc.array(step, { minLength: 1, maxLength: 8 }))
    .map(([{ channels, height, width }, steps]) => {
      const builder = new RandomGraphBuilder([1, channels, height, width]);
      for (const one of steps) builder.add(one);
      return builder.finish();
    });
}

const activations = [
  'relu',
  'sigmoid',
  'hard_swish',
  'tanh',
  'leaky_relu',
  'clip',
  'silu',
  'identity',
  'dropout',
];

class RandomGraphBuilder {
  readonly #graph = new Graph('random');
  /** Images to go on from. */
  readonly #images: Value[];

  constructor(shape: readonly number[]) {
    this.#images = [this.#graph.addInput('x', { dtype: 'f32', shape })];
  }

  add({ kind, pick, seed }: Step): void {
    const x = this.#images[this.#images.length - 1 - (pick % Math.min(2, this.#images.length))] as Value;
    this.#images.push(this.#step(kind, x, { pick, seed }));
  }

  finish(): Graph {
    this.#graph.addOutput('y', this.#images.at(-1) as Value);
    const graph = this.#graph;
    Object.defineProperty(graph, fc.toStringMethod, { value: () => printGraph(graph).text });
    return graph;
  }

  #step(kind: Step['kind'], x: Value, { pick, seed }: Pick<Step, 'pick' | 'seed'>): Value {
    const [, channels = 1, height = 1, width = 1] = x.type.shape.map(Number);
    const out = 1 + (pick % 6);
    switch (kind) {
      case 'conv':
        return this.#node(
          'conv2d',
          [x, this.#random([out, channels, 3, 3], seed), pick % 2 ? this.#random([out], seed + 1) : null],
          { pads: [1, 1, 1, 1], strides: pick % 3 ? [1, 1] : [2, 2] },
        );
      case 'pointwise':
        return this.#node('conv2d', [
          x,
          this.#random([out, channels, 1, 1], seed),
          pick % 2 ? this.#random([out], seed + 1) : null,
        ]);
      case 'depthwise':
        return this.#node('conv2d', [x, this.#random([channels * (1 + (pick % 2)), 1, 3, 3], seed)], {
          group: channels,
          pads: [1, 1, 1, 1],
        });
      case 'batch_norm':
        return this.#node('batch_norm', [
          x,
          this.#random([channels], seed),
          this.#random([channels], seed + 1),
          this.#random([channels], seed + 2),
          this.#positive([channels], seed + 3),
        ]);
      case 'activation':
        return this.#activation(activations[pick % activations.length] ?? 'relu', x);
      case 'hard_sigmoid':
        return this.#hardSigmoid(x, pick);
      case 'add':
        return this.#node(
          'add',
          pick % 2 ? [x, this.#sameShape(x)] : [this.#random([channels, 1, 1], seed), x],
        );
      case 'concat':
        return this.#node('concat', [x, this.#activation('neg', x)], { axis: 1 });
      case 'ghost':
        return this.#ghost(x, { pick, seed });
      case 'slice':
        return this.#node('slice', [x], { starts: [pick % channels], ends: [channels], axes: [1] });
      case 'pool':
        return height > 1 && width > 1
          ? this.#node(pick % 2 ? 'average_pool' : 'max_pool', [x], { kernel_shape: [2, 2], strides: [1, 1] })
          : this.#node('global_average_pool', [x]);
      case 'scale':
        return this.#node(pick % 2 ? 'mul' : 'div', [
          x,
          this.#positive(pick % 3 ? [1] : [channels, 1, 1], seed),
        ]);
      case 'pad':
        return this.#node('pad', [x], { pads: [0, 0, 1, 0, 0, 0, pick % 2, 1], value: pick % 3 ? 0 : 0.5 });
      case 'transpose':
        return this.#node(
          'transpose',
          [this.#activation('relu', this.#node('transpose', [x], { perm: [0, 2, 3, 1] }))],
          { perm: [0, 3, 1, 2] },
        );
      case 'squeeze_excite':
        return this.#squeezeExcite(x, { pick, seed });
      case 'reshape':
        return this.#node('reshape', [this.#node('reshape', [x], { shape: [1, -1] })], {
          shape: x.type.shape.map(Number),
        });
    }
  }

  #ghost(x: Value, { pick, seed }: Pick<Step, 'pick' | 'seed'>): Value {
    const channels = Number(x.type.shape[1]);
    const [oup, ratio] = [1 + (pick % 7), 2 + (pick % 2)];
    const init = Math.ceil(oup / ratio);
    const act = (value: Value): Value => (pick % 3 ? this.#node('relu', [value]) : value);
    const x1 = act(
      this.#node('conv2d', [x, this.#random([init, channels, 1, 1], seed), this.#random([init], seed + 1)]),
    );
    const x2 = act(
      this.#node('conv2d', [x1, this.#random([init * (ratio - 1), 1, 3, 3], seed + 2)], {
        group: init,
        pads: [1, 1, 1, 1],
      }),
    );
    return this.#node('slice', [this.#node('concat', [x1, x2], { axis: 1 })], {
      starts: [0],
      ends: [oup],
      axes: [1],
    });
  }

  #squeezeExcite(x: Value, { pick, seed }: Pick<Step, 'pick' | 'seed'>): Value {
    const channels = Number(x.type.shape[1]);
    const mean =
      pick % 2 ? this.#node('global_average_pool', [x]) : this.#node('reduce_mean', [x], { axes: [2, 3] });
    const small = this.#node('relu', [
      this.#node('conv2d', [mean, this.#random([2, channels, 1, 1], seed), this.#random([2], seed + 1)]),
    ]);
    const wide = this.#node('conv2d', [
      small,
      this.#random([channels, 2, 1, 1], seed + 2),
      this.#random([channels], seed + 3),
    ]);
    return this.#node('mul', [x, pick % 3 ? this.#node('sigmoid', [wide]) : this.#hardSigmoid(wide, pick)]);
  }

  #hardSigmoid(x: Value, pick: number): Value {
    const sum = this.#node('add', [x, this.#constant(fromNumbers('f32', [], [3]))]);
    const clip = this.#node('clip', [pick % 2 ? this.#node('relu', [sum]) : sum], { min: 0, max: 6 });
    return this.#node('div', [clip, this.#constant(fromNumbers('f32', [], [6]))]);
  }

  #activation(op: string, x: Value): Value {
    return this.#node(op, [x], op === 'clip' ? { min: 0, max: 6 } : {});
  }

  /** An earlier value of the same shape, or the value itself. */
  #sameShape(x: Value): Value {
    return this.#images.find((value) => value.type.shape.join() === x.type.shape.join()) ?? x;
  }

  #node(
    op: string,
    inputs: readonly (Value | null)[],
    attrs: Record<string, number | string | readonly number[]> = {},
  ): Value {
    return buildNode(this.#graph, { op, inputs, attrs }).output;
  }

  #random(shape: readonly number[], seed: number): Value {
    return this.#constant(randomTensor({ dtype: 'f32', shape }, seed));
  }

  #positive(shape: readonly number[], seed: number): Value {
    const next = mulberry32(seed);
    return this.#constant(
      fromNumbers(
        'f32',
        shape,
        Float64Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => 0.5 + next()),
      ),
    );
  }

  #constant(tensor: Tensor): Value {
    return this.#graph.addConstant('c', tensor);
  }
}
