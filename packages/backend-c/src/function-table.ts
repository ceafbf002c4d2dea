import { guardedLines } from './guarded.ts';
import { type CFunction, helperName, type Prelude } from './kernel.ts';
import { indent } from './text/indent.ts';

interface Emitted {
  readonly result: 'int' | 'void';
  readonly name: string;
  readonly params: readonly string[];
  readonly body: readonly string[];
  readonly optional: boolean;
}

/** Names functions and emits each distinct one once, after the preludes and helpers that they need. */
export class FunctionTable {
  /** Of the program: several may be in one translation unit. */
  readonly #prefix: string;
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #preludes = new Map<string, string>();
  readonly #functions: Emitted[] = [];
  /** How many functions call a helper. */
  readonly #callers = new Map<string, number>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Name of the function; equal hints for different texts get a number. */
  name({ hint, params, body, result, helpers = [], needs = [], optional = false }: CFunction): string {
    const callees = helpers.map((helper) => this.name(helper));
    const linked = body.map((line) => withNames(line, callees));
    const key = `${hint}(${params.join(', ')})\n${linked.join('\n')}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name = this.#free(`${this.#prefix}_k_${hint}`);
    this.#names.set(key, name);
    for (const prelude of needs) this.#require(prelude);
    for (const callee of callees) this.#callers.set(callee, (this.#callers.get(callee) ?? 0) + 1);
    this.#functions.push({ name, params, body: linked, result: result ? 'int' : 'void', optional });
    return name;
  }

  /** All preludes and functions, in order of first use. */
  text(): string {
    return [...this.#preludes.values(), ...this.#functions.map((fn) => this.#text(fn))].join('\n\n');
  }

  /** The compiler may put a helper that only one function calls into that function. */
  #text({ name, params, body, result, optional }: Emitted): string {
    const storage = this.#callers.get(name) === 1 ? 'static' : 'KERNEL';
    return indent([
      `${optional ? 'GHOSTC_UNUSED ' : ''}${storage} ${result} ${name}(${params.join(', ')})`,
      '{',
      ...body,
      '}',
    ]);
  }

  #require({ name, lines, needs = [] }: Prelude): void {
    if (this.#preludes.has(name)) return;
    for (const prelude of needs) this.#require(prelude);
    this.#preludes.set(name, guardedLines(name, lines));
  }

  #free(preferred: string): string {
    let name = preferred;
    for (let i = 2; this.#taken.has(name); i++) name = `${preferred}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

function withNames(line: string, names: readonly string[]): string {
  return names.reduce((text, name, i) => text.replaceAll(helperName(i), name), line);
}
