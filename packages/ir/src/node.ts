import { CompileError } from './compile-error.ts';
import type { Tensor } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

/** An attribute of a node. */
export type Attr = number | string | boolean | readonly number[] | readonly string[];
/** Attributes of a node by name. */
export type Attrs = Readonly<Record<string, Attr>>;

/**
 * Marks a node as part of one source node: `whole` is what the reader knows about that node, `index` the
 * position among its parts. A writer of the source format may restore the source node if all parts are
 * present and unchanged.
 */
export interface SourcePart {
  readonly whole: object;
  readonly index: number;
}

/**
 * An SSA value: a graph input, a constant, or a result of one node. Names are unique in a graph. Change it
 * only through `Graph`.
 */
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

/** The data of a value that must be a constant; throws `ir/constant` if it is not one, or is absent. */
export function constantOf(value: Value | null | undefined): Tensor {
  if (value?.constant) return value.constant;
  throw new CompileError('ir/constant', `%${value?.name ?? ''} is expected to be a constant`);
}

/**
 * An operation. Created by `Graph.add`; change it only through `Graph`, so that use lists stay consistent.
 * `output` throws `ir/no-output` if there is none.
 */
export class Node {
  readonly op: string;
  /** null marks an absent optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attrs: Attrs;
  /** Names of the source-model nodes that this node came from, in order of execution; absorbed nodes last. */
  readonly origin: readonly string[];
  /**
   * For a composite op: `origin` split by the parts that it replaces, so that an expansion can name them.
   * Empty if unknown.
   */
  readonly partOrigins: readonly (readonly string[])[];
  /** The source node that this is a part of; null if none. */
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

  /** The first result: for nearly every op, the only one. */
  get output(): Value {
    const value = this.outputs[0];
    if (!value) throw new CompileError('ir/no-output', `${this.op} has no output`);
    return value;
  }
}
