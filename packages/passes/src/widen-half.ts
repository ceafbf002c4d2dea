import {
  constantOf,
  type DType,
  f32,
  Graph,
  type Node,
  type Tensor,
  type TensorType,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { buildNode, copyNode, lookup } from '@ghostc/ops';

/** `cast`: inputs and outputs keep their types. `float`: they become float32 too. */
export type Boundary = 'cast' | 'float';

/**
 * A graph that computes in float32 what this one computes in 16-bit floats, for backends whose kernels only
 * support float32. Values between inputs and outputs are not rounded to 16 bits, nor are casts from float32.
 * A graph that only moves or converts 16-bit floats is returned unchanged.
 */
export function widenHalf(graph: Graph, boundary: Boundary): Graph {
  return [...graph.nodes()].some(computesInHalf) ? new Widening(graph, boundary).run() : graph;
}

function isHalf({ dtype }: TensorType): boolean {
  return dtype === 'f16' || dtype === 'bf16';
}

function computesInHalf({ op, inputs, outputs }: Node): boolean {
  if (op === 'cast' || lookup(op).traits.has('movement')) return false;
  return [...inputs, ...outputs].some((value) => value && isHalf(value.type));
}

function wide(type: TensorType): TensorType {
  return isHalf(type) ? { ...type, dtype: 'f32' } : type;
}

class Widening {
  readonly #source: Graph;
  readonly #boundary: Boundary;
  readonly #graph: Graph;
  readonly #known = new Map<Value, Value>();

  constructor(source: Graph, boundary: Boundary) {
    this.#source = source;
    this.#boundary = boundary;
    this.#graph = new Graph(source.name);
  }

  run(): Graph {
    for (const input of this.#source.inputs) this.#known.set(input, this.#input(input));
    for (const node of this.#source.nodes()) this.#node(node);
    for (const { name, value } of this.#source.outputs) this.#graph.addOutput(name, this.#output(value));
    return this.#graph;
  }

  #input({ name, type }: Value): Value {
    const kept = this.#boundary === 'cast' ? type : wide(type);
    const input = this.#graph.addInput(name, kept);
    return isHalf(kept) ? this.#cast(input, { to: 'f32', name: `${name}_f32` }) : input;
  }

  #output(value: Value): Value {
    if (!isHalf(value.type) || this.#boundary === 'float') return this.#value(value);
    if (value.constant) return this.#graph.addConstant(value.name, value.constant);
    return this.#cast(this.#value(value), { to: value.type.dtype, name: value.name });
  }

  #cast(x: Value, { to, name }: { to: DType; name: string }): Value {
    return buildNode(this.#graph, { op: 'cast', inputs: [x], attrs: { to }, names: [name] }).output;
  }

  #value(value: Value): Value {
    const known = this.#known.get(value);
    if (known) return known;
    const made = this.#graph.addConstant(value.name, widened(constantOf(value)));
    this.#known.set(value, made);
    return made;
  }

  #node(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.#value(input));
    const attrs = node.op === 'cast' ? { ...node.attrs, to: wide(node.output.type).dtype } : node.attrs;
    const x = inputs[0] ?? null;
    if (x && node.op === 'cast' && x.type.dtype === attrs.to) {
      this.#known.set(node.output, x);
      return;
    }
    copyNode(this.#graph, node, this.#known, { inputs, attrs });
  }
}

function widened(tensor: Tensor): Tensor {
  if (tensor.dtype !== 'f16' && tensor.dtype !== 'bf16') return tensor;
  return f32(tensor.shape, Array.from(toNumbers(tensor), Number));
}
