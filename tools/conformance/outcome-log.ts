import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Outcome } from './outcome.ts';
import type { RuntimeName } from './runtime-names.ts';

type Outcomes = Partial<Record<RuntimeName, Outcome>>;

/** Outcomes as they come, one line of JSON each, so that an interrupted run can go on. */
export class OutcomeLog {
  readonly #path: string | undefined;
  readonly #known = new Map<string, Outcomes>();

  /** Without a path nothing is kept. What the file holds is forgotten unless the run goes on. */
  constructor(path?: string, run: 'afresh' | 'goes on' = 'afresh') {
    this.#path = path;
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    if (run === 'afresh') rmSync(path, { force: true });
    else if (existsSync(path)) this.#read(readFileSync(path, 'utf8'));
  }

  known(test: string): Outcomes {
    return this.#known.get(test) ?? {};
  }

  add(test: string, runtime: RuntimeName, outcome: Outcome): void {
    if (this.#path) appendFileSync(this.#path, `${JSON.stringify([test, runtime, outcome])}\n`);
  }

  /** A line that was cut off in the middle is no outcome. */
  #read(text: string): void {
    for (const line of text.split('\n').slice(0, -1)) {
      const [test, runtime, outcome] = JSON.parse(line) as [string, RuntimeName, Outcome];
      this.#known.set(test, { ...this.#known.get(test), [runtime]: outcome });
    }
  }
}
