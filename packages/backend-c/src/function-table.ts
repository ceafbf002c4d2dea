import type { CFunction, Prelude } from './kernel.ts';
import { indent } from './text/indent.ts';

/** Names functions and emits each distinct one once, after the preludes that they need. */
export class FunctionTable {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #preludes = new Map<string, string>();
  readonly #texts: string[] = [];

  /** Name of the function; hints that stand for different texts get a number. */
  name(fn: CFunction): string {
    const key = `${fn.hint}(${fn.params.join(', ')})\n${fn.body.join('\n')}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name = this.#free(`k_${fn.hint}`);
    this.#names.set(key, name);
    for (const prelude of fn.needs ?? []) this.#require(prelude);
    this.#texts.push(indent([`KERNEL void ${name}(${fn.params.join(', ')})`, '{', ...fn.body, '}']));
    return name;
  }

  /** All preludes and functions, in order of first use. */
  text(): string {
    return [...this.#preludes.values(), ...this.#texts].join('\n\n');
  }

  #require({ name, lines, needs = [] }: Prelude): void {
    if (this.#preludes.has(name)) return;
    for (const prelude of needs) this.#require(prelude);
    this.#preludes.set(name, indent(lines));
  }

  #free(wish: string): string {
    let name = wish;
    for (let i = 2; this.#taken.has(name); i++) name = `${wish}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
