import { CompileError, formatType, type Graph, type TensorType, type Value } from '@ghostc/ir';

/**
 * State of a model: what READ_VARIABLE finds is an input of the graph, what ASSIGN_VARIABLE leaves an output, `<name>_next`.
 * Tensors that are variables themselves, as the states of an LSTM, are read and assigned by their index.
 */
export class VariableTable {
  readonly #graph: Graph;
  readonly #names = new Map<number, string>();
  /** How many tensors have a name. */
  readonly #alike = new Map<string, number>();
  readonly #values = new Map<string, Value>();
  readonly #assigned = new Set<string>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Records which variable the tensor of a handle refers to. */
  open(handle: number, name: string): void {
    this.#names.set(handle, name);
  }

  /** A tensor that is itself a variable, even if another has its name. */
  openTensor(index: number, name: string): void {
    const before = this.#alike.get(name) ?? 0;
    this.#alike.set(name, before + 1);
    this.open(index, before ? `${name}_${index}` : name);
  }

  read(handle: number, type: TensorType): Value {
    const name = this.#nameOf(handle);
    const value = this.#values.get(name) ?? this.#graph.addInput(name, type);
    this.#values.set(name, value);
    if (formatType(value.type) !== formatType(type))
      throw new CompileError(
        'tflite/type',
        `the variable ${name} is ${formatType(value.type)}, and read as ${formatType(type)}`,
      );
    return value;
  }

  assign(handle: number, value: Value): void {
    const name = this.#nameOf(handle);
    this.#values.set(name, value);
    this.#assigned.add(name);
  }

  /** Values for the next run, in the order of the first assignments. */
  get next(): [name: string, value: Value][] {
    return [...this.#assigned].flatMap((name) => {
      const value = this.#values.get(name);
      return value ? [[`${name}_next`, value] as [string, Value]] : [];
    });
  }

  #nameOf(handle: number): string {
    const name = this.#names.get(handle);
    if (name !== undefined) return name;
    throw new CompileError('tflite/decode', `tensor ${handle} is no handle of a variable`);
  }
}
