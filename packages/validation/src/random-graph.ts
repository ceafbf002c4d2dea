import {
  type Attrs,
  fromNumbers,
  Graph,
  itemAt,
  mulberry32,
  numElements,
  printGraph,
  randomTensor,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { buildNode, lookup, type RandomUse, registry } from '@ghostc/ops';
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
  'broadcast',
  'window',
  'resize',
  'reduce',
  'softmax',
] as const;

/** Valid random graphs: Ghost-like blocks and general CNN ops on small images of odd sizes. Shrinks to fewer steps. */
export function randomGraph(): fc.Arbitrary<Graph> {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(1000),
    seed: fc.nat(2 ** 30),
  });
  const shape = fc.record({
    batch: fc.constantFrom(1, 1, 1, 2),
    channels: fc.integer({ min: 1, max: 6 }),
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
  });
  return fc
    .tuple(shape, fc.array(step, { minLength: 1, maxLength: 8 }))
    .map(([{ batch, channels, height, width }, steps]) => {
      const builder = new RandomGraphBuilder([batch, channels, height, width]);
      for (const one of steps) builder.add(one);
      return builder.finish();
    });
}

/** Ops that a random graph may use in a place. */
function usedAs(place: RandomUse['place']): readonly string[] {
  return [...registry.values()].flatMap(({ name, random }) => (random.place === place ? [name] : []));
}

const activations = usedAs('activation');
const reductions = usedAs('axes');
const operands = usedAs('operands');

class RandomGraphBuilder {
  readonly #graph = new Graph('random');
  /** Images to go on from. */
  readonly #images: Value[];

  constructor(shape: readonly number[]) {
    this.#images = [this.#graph.addInput('x', { dtype: 'f32', shape })];
  }

  add({ kind, pick, seed }: Step): void {
    const x = itemAt(this.#images, this.#images.length - 1 - (pick % Math.min(2, this.#images.length)));
    this.#images.push(this.#step(kind, x, { pick, seed }));
  }

  finish(): Graph {
    this.#graph.addOutput('y', itemAt(this.#images, -1));
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
        return this.#node('reshape', [this.#node('reshape', [x], { shape: [0, -1] })], {
          shape: [0, channels, height, width],
        });
      case 'broadcast':
        return this.#broadcast(x, { pick, seed });
      case 'window':
        return this.#window(x, { pick, seed });
      case 'resize':
        return this.#resize(x, pick);
      case 'reduce':
        return this.#node(reductions[pick % reductions.length] ?? 'reduce_mean', [x], {
          axes: [[1], [2], [3], [2, 3], [1, 2, 3]][seed % 5] ?? [1],
        });
      case 'softmax':
        return this.#node('softmax', [x], { axis: 1 + (pick % 3) });
    }
  }

  /** A sum, product, minimum or maximum with a constant, or with a mean, that has only some of the axes. */
  #broadcast(x: Value, { pick, seed }: Pick<Step, 'pick' | 'seed'>): Value {
    const [, channels = 1, height = 1, width = 1] = x.type.shape.map(Number);
    const shapes = [
      [],
      [width],
      [height, 1],
      [1, height, width],
      [channels, 1, width],
      [1, channels, 1, 1],
      [1, 1, height, 1],
    ];
    const shape = shapes[seed % (shapes.length + 1)];
    const other = shape ? this.#random(shape, seed) : this.#node('global_average_pool', [x]);
    const op = operands[pick % operands.length] ?? 'add';
    return this.#node(op, seed % 2 ? [other, x] : [x, other]);
  }

  /**
   * Convolutions and pools with non-square windows, strides, dilations and pads; grouped if channels allow
   * it.
   */
  #window(x: Value, { pick, seed }: Pick<Step, 'pick' | 'seed'>): Value {
    const channels = Number(x.type.shape[1]);
    const [kh, kw] = [1 + (seed % 3), 1 + (pick % 3)];
    const dilations = [1 + (seed % 2), 1 + (pick % 2)] as const;
    const window = {
      strides: [1 + (pick % 2), 1 + (seed % 2)],
      pads: [(kh - 1) * dilations[0], (kw - 1) * dilations[1], 0, kw - 1],
    };
    if (seed % 7 === 0)
      return this.#node(pick % 2 ? 'max_pool' : 'average_pool', [x], {
        kernel_shape: [kh, kw],
        strides: window.strides,
        pads: [kh - 1, kw - 1, 0, 0],
      });
    const group = channels % 2 === 0 ? 2 : 1;
    const weight = this.#random([group * (1 + (pick % 3)), channels / group, kh, kw], seed);
    return this.#node('conv2d', [x, weight], { ...window, dilations: [...dilations], group });
  }

  #resize(x: Value, pick: number): Value {
    const [, , height = 1, width = 1] = x.type.shape.map(Number);
    if (height * width > 40) return this.#activation('neg', x);
    const scales = [1, 1, 1 + (pick % 2), 2];
    if (pick % 3)
      return this.#node('resize', [x], {
        scales,
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
    return this.#node('resize', [x], { scales, mode: 'linear' });
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
    return this.#node(op, [x], lookup(op).random.attrs);
  }

  /** An earlier value of the same shape, or the value itself. */
  #sameShape(x: Value): Value {
    return this.#images.find((value) => value.type.shape.join() === x.type.shape.join()) ?? x;
  }

  #node(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
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
        Float64Array.from({ length: numElements(shape) }, () => 0.5 + next()),
      ),
    );
  }

  #constant(tensor: Tensor): Value {
    return this.#graph.addConstant('c', tensor);
  }
}
