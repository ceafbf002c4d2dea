import { compileWgsl, optimize } from '@ghostc/compiler';
import { itemAt } from '@ghostc/ir';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { type CLayer, cRuntimeWith, cSource, layersOf } from './c-program.ts';
import { labelNames, wgslRuntimeWith } from './kernel-mutants.ts';
import type { Mutant, Subject } from './mutant.ts';

/** Offsets of the arena in a call; the last is where it writes, unless it writes to an output. */
const offsetsOf = ({ call }: CLayer): string[] => call.match(/\ba \+ \d+/g) ?? [];

/** Faults of the plan in C: a result over the layer's own input, over another live buffer, or read from the wrong place. */
export function cPlanMutants({ name, graph }: Subject): Mutant[] {
  const layers = layersOf(cSource(graph));
  return layers.flatMap((layer) =>
    Object.entries(cFaults).map(([fault, change]) => ({
      name: `${name} c plan: ${fault}: ${layer.names.at(-1)}`,
      kind: 'plan' as const,
      layers: new Set([...layer.names, ...readers(layers, layer).flatMap((reader) => reader.names)]),
      runtime: cRuntimeWith('c', (source) => changedPlan(source, layer, change)),
    })),
  );
}

/** What reads the result: the calls that have its offset, up to the next that writes there. */
function readers(layers: readonly CLayer[], layer: CLayer): CLayer[] {
  const written = offsetsOf(layer).at(-1) ?? '';
  const later = layers.slice(layers.indexOf(layer) + 1);
  const end = later.findIndex((other) => offsetsOf(other).at(-1) === written);
  return later
    .slice(0, end < 0 ? later.length : end + 1)
    .filter((other) => offsetsOf(other).includes(written));
}

type PlanFault = (calls: readonly CLayer[], at: number) => string | undefined;

/** Where a result is to lie instead. */
const cFaults: Readonly<Record<string, PlanFault>> = {
  'in place where it may not be': (calls, at) => offsetsOf(itemAt(calls, at))[0],
  'over a buffer that is still read': (calls, at) => {
    const own = new Set(offsetsOf(itemAt(calls, at)));
    const before = new Set(calls.slice(0, at).flatMap((call) => offsetsOf(call).slice(-1)));
    return calls
      .slice(at + 1)
      .flatMap((call) => offsetsOf(call).slice(0, -1))
      .find((one) => before.has(one) && !own.has(one));
  },
};

/** The layer of that name writes elsewhere, and those after it read there. */
function changedPlan(source: string, { names }: CLayer, fault: PlanFault): string {
  const calls = layersOf(source);
  const at = calls.findIndex((call) => call.names.join() === names.join());
  if (at < 0) return source;
  const here = itemAt(calls, at);
  const [from, to] = [offsetsOf(here).at(-1), fault(calls, at)];
  if (!from || !to || from === to || here.call.trim().endsWith('out);')) return source;
  let text = source.replace(here.call, () =>
    here.call.replace(new RegExp(`${escaped(from)}\\);$`), `${to});`),
  );
  for (const later of calls.slice(at + 1)) {
    text = text.replace(later.call, () => readingFrom(later.call, from, to));
    if (offsetsOf(later).at(-1) === from) break;
  }
  return text;
}

function readingFrom(call: string, from: string, to: string): string {
  const [, head = '', last = ''] = /^(.*, )([^,]*\);)$/.exec(call) ?? [];
  return head.replaceAll(new RegExp(`${escaped(from)}\\b`, 'g'), to) + last;
}

const escaped = (text: string): string => text.replace('+', '\\+');

/** Faults of the plan in WGSL: dispatches that read four words off. */
export function wgslPlanMutants({ name, graph }: Subject): Mutant[] {
  const { manifest } = compileWgsl(graph, { name: 'm' });
  const optimized = optimize(graph);
  return manifest.dispatches.flatMap(({ label, ints }) =>
    ['X_AT', 'R_AT', 'W_AT'].flatMap((key) => {
      if (ints[key] === undefined) return [];
      return {
        name: `${name} wgsl plan: ${key} four words off: ${label}`,
        kind: 'plan' as const,
        layers: new Set(labelNames(label, optimized)),
        runtime: wgslRuntimeWith((program) => shifted(program, label, key)),
      };
    }),
  );
}

type Program = WgslProgram<Uint8Array>;

/** One unit of what the dispatch counts in: a word, or a vector of four. */
function shifted({ manifest, ...rest }: Program, label: string, key: string): Program {
  const dispatches = manifest.dispatches.map((one) =>
    one.label === label && one.ints[key] !== undefined
      ? { ...one, ints: { ...one.ints, [key]: one.ints[key] + 4 } }
      : one,
  );
  return { ...rest, manifest: { ...manifest, dispatches } };
}
