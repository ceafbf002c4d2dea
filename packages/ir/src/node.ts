import { CompileError } from './compile-error.ts';
import type { Tensor } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

/** An attribute of a node. */
export type Attr = number | string | boolean | readonly number[] | readonly string[];
/** Attributes of a node by name. */
export type Attrs = Readonly<Record<string, Attr>>;

/**
 * That a node is one of those that one node of the source was read as: `whole` is what the reader knows of that, `index` the place
 * among them. A writer of the source's format may put the source's node back, if all are there and as they were.
 */
export interface SourcePart {
  readonly whole: object;
  readonly index: number;
}

/** An SSA value: a graph input, a constant, or a result of one node. Names are unique in a graph. Changes through `Graph` only. */
export class Value {
  readonly name: string;
  readonly type: TensorType;
  /** The node that computes this value; null for inputs and constants. */
  readonly producer: Node | null = null;
  /** The data, if the value is a constant. */
  readonly constant: Tensor | null;
  /** Nodes that read this value, each once. */
  readonly users: ReadonlySet<Node> = new Set();

  constructor(name: string, type: TensorType, constant: Tensor | null = null) {
    this.name = name;
    this.type = type;
    this.constant = constant;
  }
}

/** The data of a value that is known to be a constant; throws `ir/constant` where it is not one, or is absent. */
export function constantOf(value: Value | null | undefined): Tensor {
  if (value?.constant) return value.constant;
  throw new CompileError('ir/constant', `%${value?.name ?? ''} is expected to be a constant`);
}

/**
 * An operation. Made by `Graph.add`; changes through `Graph` only, so that use lists stay right. `output` throws `ir/no-output`
 * where there is none.
 */
export class Node {
  readonly op: string;
  /** null stands for an absent optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attrs: Attrs;
  /** Names of the source-model nodes that this node came from, in order of execution, what it took in last. */
  readonly origin: readonly string[];
  /** Of a composite op: `origin` by the parts that it stands for, so that an expansion can name them. Empty if not known. */
  readonly partOrigins: readonly (readonly string[])[];
  /** Of what source node it is a part; null of nodes that no source has. */
  readonly part: SourcePart | null;
  /** Neighbours in execution order; null at the ends. */
  readonly previous: Node | null = null;
  readonly next: Node | null = null;

  constructor(parts: {
    op: string;
    inputs: readonly (Value | null)[];
    outputs: readonly Value[];
    attrs: Attrs;
    origin: readonly string[];
    partOrigins: readonly (readonly string[])[];
    part?: SourcePart | null;
  }) {
    this.op = parts.op;
    this.inputs = parts.inputs;
    this.outputs = parts.outputs;
    this.attrs = parts.attrs;
    this.origin = parts.origin;
    this.partOrigins = parts.partOrigins;
    this.part = parts.part ?? null;
  }

  /** The first result: the only one, for nearly every op. */
  get output(): Value {
    const value = this.outputs[0];
    if (!value) throw new CompileError('ir/no-output', `${this.op} has no output`);
    return value;
  }
}
