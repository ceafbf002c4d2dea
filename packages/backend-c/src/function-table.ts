import type { CFunction } from './kernel.ts';
import { indent } from './text/indent.ts';

/** Names functions and emits each distinct one once. */
export class FunctionTable {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #texts: string[] = [];

  /** Name of the function; hints that stand for different texts get a number. */
  name(fn: CFunction): string {
    const key = `${fn.hint}(${fn.params.join(', ')})\n${fn.body.join('\n')}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name = this.#free(`k_${fn.hint}`);
    this.#names.set(key, name);
    this.#texts.push(indent([`static void ${name}(${fn.params.join(', ')})`, '{', ...fn.body, '}']));
    return name;
  }

  /** All functions, in order of first use. */
  text(): string {
    return this.#texts.join('\n\n');
  }

  #free(wish: string): string {
    let name = wish;
    for (let i = 2; this.#taken.has(name); i++) name = `${wish}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
