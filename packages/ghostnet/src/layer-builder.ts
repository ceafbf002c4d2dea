import { type Attrs, Graph, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { type ParameterKind, ParameterSource, type WeightSource } from './state.ts';

export interface ConvSpec {
  readonly out: number;
  /** Side of the square, or [height, width]. Odd; padded by half on each side. */
  readonly kernel: number | readonly [number, number];
  readonly stride?: number;
  /** `depthwise`: one input channel per group; the outputs per channel follow from `out`. */
  readonly depthwise?: 'depthwise';
  readonly bias?: 'bias';
}

const batchNormParts: readonly (readonly [string, ParameterKind])[] = [
  ['weight', 'scale'],
  ['bias', 'shift'],
  ['running_mean', 'mean'],
  ['running_var', 'variance'],
];

/** Builds a graph layer by layer, as PyTorch exports it: convolution, batch norm and activation stay apart. */
export class LayerBuilder {
  readonly graph: Graph;
  readonly parameters: ParameterSource;

  constructor(name: string, weights: WeightSource) {
    this.graph = new Graph(name);
    this.parameters = new ParameterSource(weights);
  }

  /** The graph's one input: a square image, f32 [batch, channels, size, size]. */
  image(channels: number, size: number, batch = 1): Value {
    return this.graph.addInput('input', { dtype: 'f32', shape: [batch, channels, size, size] });
  }

  /** A node named after its module path. */
  node(op: string, path: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    return buildNode(this.graph, { op, inputs, attrs, origin: [path], names: [path] }).output;
  }

  /** Convolution at `path` (parameters `path.weight`, `path.bias`). */
  conv(path: string, x: Value, { out, kernel, stride = 1, depthwise, bias }: ConvSpec): Value {
    const channels = channelsOf(x);
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const shape = [out, depthwise ? 1 : channels, height, width];
    const weight = this.#parameter(`${path}.weight`, 'weight', shape);
    const biases = bias ? this.#parameter(`${path}.bias`, 'bias', [out]) : null;
    return this.node('conv2d', path, [x, weight, biases], {
      strides: [stride, stride],
      pads: [height >> 1, width >> 1, height >> 1, width >> 1],
      group: depthwise ? channels : 1,
    });
  }

  /** Batch norm at `path`; `gain` scales its initial parameters, for branches that are summed. */
  batchNorm(path: string, x: Value, gain = 1): Value {
    const shape = [channelsOf(x)];
    const parameters = batchNormParts.map(([name, kind]) =>
      this.graph.addConstant(
        `${path}.${name}`,
        this.parameters.get({ name: `${path}.${name}`, kind, shape, gain }),
      ),
    );
    return this.node('batch_norm', path, [x, ...parameters]);
  }

  relu(path: string, x: Value): Value {
    return this.node('relu', path, [x]);
  }

  /** x [N,K] to [N,out]. */
  linear(path: string, x: Value, out: number): Value {
    const weight = this.#parameter(`${path}.weight`, 'weight', [out, channelsOf(x)]);
    return this.node('gemm', path, [x, weight, this.#parameter(`${path}.bias`, 'bias', [out])], {
      trans_b: true,
    });
  }

  /** Names the output, checks the state dict, gives the graph. */
  finish(name: string, output: Value): Graph {
    this.graph.addOutput(name, output);
    this.parameters.check();
    return this.graph;
  }

  #parameter(name: string, kind: ParameterKind, shape: readonly number[]): Value {
    return this.graph.addConstant(name, this.parameters.get({ name, kind, shape }));
  }
}

export function channelsOf(x: Value): number {
  return Number(x.type.shape[1]);
}

/** `part` below `path`; the root has no name. */
export function below(path: string, part: string): string {
  return path ? `${path}.${part}` : part;
}
