import {
  CompileError,
  type DType,
  fromNumbers,
  Graph,
  type Node,
  type Tensor,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { buildNode, copyNode, lookup, type NodeChanges } from '@ghostc/ops';
import { checked } from '../copy-graph.ts';

/** Which parts of a model are computed in float16. */
export interface Float16Options {
  /** Nodes that stay in float32, with casts around them. */
  readonly keep?: (node: Node) => boolean;
  /** Inputs and outputs stay float32 by default. */
  readonly boundary?: 'f32' | 'f16';
}

/** Largest finite float16. */
const LARGEST = 65504;

/**
 * A model that computes in float16 what it computed in float32: weights, and values between casts at inputs
 * and outputs. Nodes without float16 support, or whose weights exceed 65,504, stay in float32 between casts,
 * as do nodes kept from ONNX.
 */
export function convertFloat16(graph: Graph, options: Float16Options = {}): Graph {
  return checked(new Narrowing(graph, options).run());
}

class Narrowing {
  readonly #source: Graph;
  readonly #graph: Graph;
  readonly #options: Float16Options;
  readonly #known = new Map<Value, Value>();
  /** Values in the other float type. */
  readonly #casts = new Map<Value, Value>();

  constructor(source: Graph, options: Float16Options) {
    this.#source = source;
    this.#options = options;
    this.#graph = new Graph(source.name);
    this.#graph.source = source.source;
  }

  run(): Graph {
    const narrow = this.#options.boundary === 'f16';
    for (const input of this.#source.inputs) {
      const dtype = narrow && input.type.dtype === 'f32' ? 'f16' : input.type.dtype;
      this.#known.set(input, this.#graph.addInput(input.name, { ...input.type, dtype }));
    }
    for (const node of this.#source.nodes()) this.#node(node);
    for (const { name, value } of this.#source.outputs) {
      const wanted = value.type.dtype === 'f32' && narrow ? 'f16' : value.type.dtype;
      this.#graph.addOutput(name, this.#as(value, wanted));
    }
    return this.#graph;
  }

  #node(node: Node): void {
    const isFloat = [...node.inputs, ...node.outputs].some((value) => value?.type.dtype === 'f32');
    const isKept = !isFloat || node.op === 'onnx_node' || this.#options.keep?.(node);
    copyNode(this.#graph, node, this.#known, (!isKept && this.#narrow(node)) || this.#wide(node));
  }

  /** The node in float16; undefined if its op or its weights do not allow it. */
  #narrow(node: Node): NodeChanges | undefined {
    if (node.inputs.some((value) => value?.constant && !fits(value.constant))) return undefined;
    const attrs = node.op === 'cast' && node.attrs.to === 'f32' ? { ...node.attrs, to: 'f16' } : node.attrs;
    if (!infersInHalf(node, attrs)) return undefined;
    return { inputs: node.inputs.map((value) => value && this.#as(value, half(value.type.dtype))), attrs };
  }

  #wide(node: Node): NodeChanges {
    return { inputs: node.inputs.map((value) => value && this.#as(value, value.type.dtype)) };
  }

  /** A value of the source, converted to an element type. */
  #as(value: Value, dtype: DType): Value {
    if (value.constant) return this.#constant(value, value.constant, dtype);
    const known = this.#known.get(value) ?? value;
    if (known.type.dtype === dtype) return known;
    const cast = this.#casts.get(known);
    if (cast) return cast;
    const names = [`${value.name}_${dtype}`];
    const made = buildNode(this.#graph, { op: 'cast', inputs: [known], attrs: { to: dtype }, names }).output;
    this.#casts.set(known, made);
    return made;
  }

  #constant(value: Value, tensor: Tensor, dtype: DType): Value {
    const table = dtype === value.type.dtype ? this.#known : this.#casts;
    const known = table.get(value);
    if (known) return known;
    const data =
      dtype === tensor.dtype
        ? tensor
        : fromNumbers(dtype, tensor.shape, toNumbers(tensor) as ArrayLike<number>);
    const made = this.#graph.addConstant(value.name, data);
    table.set(value, made);
    return made;
  }
}

/** Whether ghostc supports the op in float16. */
function infersInHalf({ op, inputs }: Node, attrs: Node['attrs']): boolean {
  const types = inputs.map((value) => value && { ...value.type, dtype: half(value.type.dtype) });
  try {
    return lookup(op).inferTypes(types, attrs).length > 0;
  } catch (error) {
    if (error instanceof CompileError) return false;
    throw error;
  }
}

function half(dtype: DType): DType {
  return dtype === 'f32' ? 'f16' : dtype;
}

function fits(tensor: Tensor): boolean {
  if (tensor.dtype !== 'f32') return true;
  return (tensor.data as Float32Array).every(
    (value) => Math.abs(value) <= LARGEST || !Number.isFinite(value),
  );
}
