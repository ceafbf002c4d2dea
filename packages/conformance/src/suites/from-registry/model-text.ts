import type { ConformanceCase, Suite } from '../../suite.ts';

/** A model as text: inputs and constants by name. */
export interface ModelText {
  /** `{ x: 'f32[2,3]' }` */
  readonly inputs: Readonly<Record<string, string>>;
  /** `{ w: 'f32[5,3] = random(1)' }` */
  readonly constants?: Readonly<Record<string, string>>;
  /** Nodes, one per line; `%y` is the output by default. */
  readonly nodes: string | readonly string[];
  readonly outputs?: string;
}

export function modelText({ inputs, constants = {}, nodes, outputs = '%y' }: ModelText): string {
  const head = Object.entries(inputs).map(([name, type]) => `%${name}: ${type}`);
  return [
    `graph @case(${head.join(', ')})`,
    ...Object.entries(constants).map(([name, value]) => `  const %${name}: ${value}`),
    ...[nodes].flat().map((node) => `  ${node}`),
    `  return ${outputs}`,
  ].join('\n');
}

/** A case under its name within the suite. */
export interface Entry extends Omit<ConformanceCase, 'name'> {
  readonly name: string;
}

/** One node on one input `x`. */
export function ofOne(type: string, node: string): string {
  return modelText({ inputs: { x: type }, nodes: `%y = ${node}` });
}

/** A suite of entries with one set of inputs each. Throws if two have the same name. */
export function suiteOf(name: string, entries: readonly Entry[]): Suite {
  const cases = entries.map((entry) => ({ seeds: 1, ...entry, name: `${name}/${entry.name}` }));
  if (new Set(cases.map((one) => one.name)).size < cases.length)
    throw new Error(`${name} has two cases of one name`);
  return { name, cases };
}

/** `{ a: 'text' }` as entries, with options for all. */
export function entriesOf(
  texts: Readonly<Record<string, string>>,
  options: Omit<ConformanceCase, 'name' | 'text'> = {},
): Entry[] {
  return Object.entries(texts).map(([name, text]) => ({ name, text, ...options }));
}
