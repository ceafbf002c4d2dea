import type { AttributeProto } from './onnx-types.ts';
import type { Entry } from './read-state.ts';

/**
 * What names refer to in a graph, in a branch of it (which sees the outer names), or in a function (which
 * does not).
 */
export class Scope {
  readonly #own = new Map<string, Entry>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): Entry | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.#outer) {
      const entry = scope.#own.get(name);
      if (entry) return entry;
    }
    return undefined;
  }

  /** Whether the name is defined here, not outside. */
  has(name: string): boolean {
    return this.#own.has(name);
  }

  set(name: string, entry: Entry): void {
    this.#own.set(name, entry);
  }
}

/** A call of a function of the model: what its body sees apart from its inputs. */
export interface Call {
  /** Before the names of the nodes and values in the body. */
  readonly prefix: string;
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** Inputs that the caller left out. */
  readonly absent: ReadonlySet<string>;
}
