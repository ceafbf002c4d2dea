import { type Attrs, Graph, type Value } from '@ghostc/ir';
import { buildNode } from '@ghostc/ops';
import { type ParameterKind, ParameterSource, type Weights } from './state.ts';

export interface ConvSpec {
  readonly out: number;
  /** Height and width; one number for a square. */
  readonly kernel: number | readonly [height: number, width: number];
  readonly stride?: number;
  /** `depthwise`: one input channel per group; the outputs per channel follow from `out`. */
  readonly depthwise?: 'depthwise';
  readonly bias?: 'bias';
}

/** Builds a graph layer by layer, as PyTorch exports it: convolution, batch norm and activation stay apart. */
export class LayerBuilder {
  readonly graph: Graph;
  readonly parameters: ParameterSource;

  constructor(name: string, weights: Weights) {
    this.graph = new Graph(name);
    this.parameters = new ParameterSource(weights);
  }

  /** A node named after its module path. */
  node(op: string, path: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    return buildNode(this.graph, { op, inputs, attrs, origin: [path], names: [path] }).output;
  }

  /** Convolution at `path` (parameters `path.weight`, `path.bias`), padded by half its kernel. */
  conv(path: string, x: Value, { out, kernel, stride = 1, depthwise, bias }: ConvSpec): Value {
    const channels = Number(x.type.shape[1]);
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const weight = this.#parameter(`${path}.weight`, 'weight', [
      out,
      depthwise ? 1 : channels,
      height,
      width,
    ]);
    const biases = bias ? this.#parameter(`${path}.bias`, 'bias', [out]) : null;
    const pads = [height >> 1, width >> 1, height >> 1, width >> 1];
    return this.node('conv2d', path, [x, weight, biases], {
      strides: [stride, stride],
      pads,
      group: depthwise ? channels : 1,
    });
  }

  /** Batch norm over the channels of x. `gain` multiplies seeded scales and shifts. */
  batchNorm(path: string, x: Value, gain = 1): Value {
    const shape = [Number(x.type.shape[1])];
    const names = { weight: 'scale', bias: 'shift', running_mean: 'mean', running_var: 'variance' } as const;
    const parameters = Object.entries(names).map(([name, kind]) =>
      this.#parameter(`${path}.${name}`, kind, shape, kind === 'scale' || kind === 'shift' ? gain : 1),
    );
    return this.node('batch_norm', path, [x, ...parameters]);
  }

  relu(path: string, x: Value): Value {
    return this.node('relu', path, [x]);
  }

  /** x [N,K] to [N,out]. */
  linear(path: string, x: Value, out: number): Value {
    const weight = this.#parameter(`${path}.weight`, 'weight', [out, Number(x.type.shape[1])]);
    return this.node('gemm', path, [x, weight, this.#parameter(`${path}.bias`, 'bias', [out])], {
      trans_b: true,
    });
  }

  /** Names the output, checks the state dict, returns the graph. */
  finish(name: string, output: Value): Graph {
    this.graph.addOutput(name, output);
    this.parameters.check();
    return this.graph;
  }

  #parameter(name: string, kind: ParameterKind, shape: readonly number[], gain = 1): Value {
    return this.graph.addConstant(name, this.parameters.get({ name, kind, shape, gain }));
  }
}
