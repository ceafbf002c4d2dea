import type { Step } from './kernel.ts';
import { moduleText } from './text/module-text.ts';

/** The modules of a program: equal sources once, ids unique. */
export class ModuleTable {
  readonly #ids = new Map<string, string>();
  readonly #modules: Record<string, string> = {};

  /** Id of the step's module. */
  add(step: Step): string {
    const source = moduleText(step);
    const known = this.#ids.get(source);
    if (known) return known;
    const id = this.#free(step.id);
    this.#ids.set(source, id);
    this.#modules[id] = source;
    return id;
  }

  get modules(): Readonly<Record<string, string>> {
    return this.#modules;
  }

  #free(wish: string): string {
    let [id, suffix] = [wish, 2];
    while (Object.hasOwn(this.#modules, id)) id = `${wish}_${suffix++}`;
    return id;
  }
}
