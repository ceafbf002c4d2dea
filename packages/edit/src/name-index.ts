import { CompileError, type Graph, type Value } from '@ghostc/ir';
import { allValues } from './find.ts';

/** Values by name; rebuilt if the graph was changed elsewhere. */
export class NameIndex {
  readonly #graph: Graph;
  readonly #values = new Map<string, Value>();
  #edits = -1;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** A value by its own name, or the value of an output with that name. Throws `edit/not-found`. */
  find(name: string): Value {
    if (this.#edits !== this.#graph.edits) this.#fill();
    const value = this.#values.get(name) ?? this.#graph.outputs.find((output) => output.name === name)?.value;
    if (value) return value;
    throw new CompileError('edit/not-found', `there is no value %${name}${this.#hint(name)}`);
  }

  /** Runs a change that only adds values, and adds them to the index. */
  tracking<T>(change: (added: (value: Value) => void) => T): T {
    const current = this.#edits === this.#graph.edits;
    const result = change((value) => this.#values.set(value.name, value));
    if (current) this.#edits = this.#graph.edits;
    return result;
  }

  #fill(): void {
    this.#values.clear();
    for (const value of allValues(this.#graph)) this.#values.set(value.name, value);
    this.#edits = this.#graph.edits;
  }

  /** Names that contain the requested one, or are contained in it. */
  #hint(name: string): string {
    const near = [...this.#values.keys()].filter((known) => known.includes(name) || name.includes(known));
    return near.length ? `; there are %${near.slice(0, 3).join(', %')}` : '';
  }
}
