import { Graph, randomTensor, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';

/**
 * Blocks as exporters write them, with separate weights, one after another: Ghost, RepVGG,
 * squeeze-and-excite, layout.
 */
export function chain(nodes: number): Graph {
  const graph = new Graph('chain');
  let x: Value = graph.addInput('x', { dtype: 'f32', shape: [1, 4, 4, 4] });
  for (let i = 0; graph.nodeCount < nodes; i++) x = new Blocks(graph, i).next(x);
  graph.addOutput('y', x);
  return graph;
}

class Blocks {
  readonly #graph: Graph;
  readonly #index: number;
  #salt = 0;

  constructor(graph: Graph, index: number) {
    this.#graph = graph;
    this.#index = index;
  }

  next(x: Value): Value {
    const kinds = [this.#ghost, this.#repVgg, this.#ghost, this.#squeezeExcite, this.#transposed];
    return (kinds[this.#index % kinds.length] ?? this.#ghost).call(this, x);
  }

  #node(op: string, inputs: Value[], attrs: Record<string, number | readonly number[]> = {}): Value {
    return buildNode(this.#graph, { op, inputs, attrs, origin: [`${op}_${this.#index}`] }).output;
  }

  #random(...shape: number[]): Value {
    const seed = this.#index * 32 + this.#salt++;
    return this.#graph.addConstant('w', randomTensor({ dtype: 'f32', shape }, seed));
  }

  #number(value: number): Value {
    return this.#graph.addConstant('c', { dtype: 'f32', shape: [], data: Float32Array.of(value) });
  }

  #batchNorm(x: Value, channels: number): Value {
    const data = new Float32Array(channels).fill(1);
    const variance = this.#graph.addConstant('v', { dtype: 'f32', shape: [channels], data });
    const [scale, shift, mean] = [0, 1, 2].map(() => this.#random(channels)) as [Value, Value, Value];
    return this.#node('batch_norm', [x, scale, shift, mean, variance]);
  }

  /** 8 nodes. */
  #ghost(x: Value): Value {
    const x1 = this.#node('relu', [this.#batchNorm(this.#node('conv2d', [x, this.#random(2, 4, 1, 1)]), 2)]);
    const cheap = this.#node('conv2d', [x1, this.#random(2, 1, 3, 3)], { group: 2, pads: [1, 1, 1, 1] });
    const x2 = this.#node('relu', [this.#batchNorm(cheap, 2)]);
    return this.#node('slice', [this.#node('concat', [x1, x2], { axis: 1 })], {
      starts: [0],
      ends: [4],
      axes: [1],
    });
  }

  /** 8 nodes. */
  #repVgg(x: Value): Value {
    const pads = [1, 1, 1, 1];
    const large = this.#batchNorm(this.#node('conv2d', [x, this.#random(4, 4, 3, 3)], { pads }), 4);
    const small = this.#batchNorm(this.#node('conv2d', [x, this.#random(4, 4, 1, 1)]), 4);
    const sum = this.#node('add', [large, small]);
    return this.#node('relu', [this.#node('add', [sum, this.#batchNorm(x, 4)])]);
  }

  /** 8 nodes. */
  #squeezeExcite(x: Value): Value {
    const mean = this.#node('reduce_mean', [x], { axes: [2, 3] });
    const reduced = this.#node('conv2d', [mean, this.#random(2, 4, 1, 1), this.#random(2)]);
    const relu = this.#node('relu', [reduced]);
    const gate = this.#node('conv2d', [relu, this.#random(4, 2, 1, 1), this.#random(4)]);
    const sum = this.#node('add', [gate, this.#number(3)]);
    const clip = this.#node('clip', [sum], { min: 0, max: 6 });
    return this.#node('mul', [x, this.#node('div', [clip, this.#number(6)])]);
  }

  /** 3 nodes. */
  #transposed(x: Value): Value {
    const there = this.#node('transpose', [x], { perm: [0, 2, 3, 1] });
    return this.#node('transpose', [this.#node('relu', [there])], { perm: [0, 3, 1, 2] });
  }
}
