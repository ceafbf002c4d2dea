import type { KernelCode, Step } from '../kernel.ts';

/** A node of a chain. */
export interface Part {
  readonly step: Step;
  /** Appended to names of parameters and functions. */
  readonly suffix: string;
  readonly ints: Readonly<Record<string, number>>;
  readonly floats: Readonly<Record<string, number>>;
  /** Statements that run the items of workgroup `tile`, by the function `part` with the suffix. */
  readonly calls: string;
  /** Workgroups that have work, and items of one of them. */
  readonly tiles: number;
  readonly items: number;
}

/** Functions and body of the dispatch that runs the parts in turn; `dot`: with dot4I8Packed where a part has that. */
export function joinedCode(
  parts: readonly Part[],
  kind: 'plain' | 'dot',
): Required<Pick<KernelCode, 'functions' | 'body'>> {
  const shared = new Map<string, string>();
  const functions: string[] = [];
  for (const { step, suffix } of parts) {
    const isDot = kind === 'dot' && step.dotBody !== undefined;
    const texts = (isDot && step.dotFunctions) || step.functions || [];
    const own = ownNames(texts, { parameters: parametersOf(step), shared });
    const renamed = (text: string): string =>
      text.replace(/\b[A-Za-z_]\w*/g, (name) => (own.has(name) ? name + suffix : name));
    for (const text of texts) {
      const [name = ''] = definedIn(text);
      if (own.has(name)) functions.push(renamed(text));
      else if (!shared.has(name)) {
        for (const one of definedIn(text)) shared.set(one, text);
        functions.push(text);
      }
    }
    const arguments_ = step.group === undefined ? 'item: i32' : 'tile: i32, lane: i32';
    const body = isDot ? (step.dotBody ?? step.body) : step.body;
    functions.push(`fn part${suffix}(${arguments_}) {\n${renamed(body).trim()}\n}`);
  }
  return { functions, body: parts.map(({ calls }) => calls).join('\nstorageBarrier();\n') };
}

interface Naming {
  readonly parameters: ReadonlySet<string>;
  /** Texts of the functions that parts share, by name. */
  readonly shared: ReadonlyMap<string, string>;
}

/** Parameters, and the functions of texts that use one of these names, or that are others than shared ones of their name. */
function ownNames(texts: readonly string[], { parameters, shared }: Naming): ReadonlySet<string> {
  const own = new Set(parameters);
  const isOwn = (text: string): boolean =>
    definedIn(text).some((name) => shared.has(name) && shared.get(name) !== text) ||
    (text.match(/\w+/g) ?? []).some((word) => own.has(word));
  for (let before = -1; before < own.size; ) {
    before = own.size;
    for (const text of texts) if (isOwn(text)) for (const name of definedIn(text)) own.add(name);
  }
  return own;
}

const parametersOf = ({ ints, floats = {} }: Part['step']): Set<string> =>
  new Set(['COUNT', ...Object.keys(ints), ...Object.keys(floats)]);

const definedIn = (text: string): string[] =>
  [...text.matchAll(/\bfn (\w+)\(/g)].map(([, name = '']) => name);
