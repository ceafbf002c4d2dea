import { compileWgsl, optimize } from '@ghostc/compiler';
import type { Runtime } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { dawnDevice, prepareOnDevice } from '@ghostc/runtimes';
import type { AdapterKind, Dispatch, WgslProgram } from '@ghostc/wgsl-runtime';
import { cRuntimeWith, cSource, kernelsOf, layersOf } from './c-program.ts';
import { cOperators, editsOf, wgslOperators } from './edit-operators.ts';
import { type Mutant, namesIn, type Subject } from './mutant.ts';
import { onceFor, rememberedBy } from './once-for.ts';

/** Kernels of the C, each changed in one line. The change is made wherever a kernel has the same text. */
export function cKernelMutants({ name, graph }: Subject): Mutant[] {
  const source = cSource(graph);
  const layers = layersOf(source);
  const kernels = kernelsOf(source);
  return [...kernels].flatMap(([kernel, body]) => {
    const calls = layers.filter((layer) => reachable(layer.kernel, kernels).includes(body));
    return editsOf(body, cOperators).map((edit) => ({
      name: `${name} c ${kernel}: ${edit.name}`,
      kind: 'kernel' as const,
      layers: new Set(calls.flatMap((layer) => layer.names)),
      runtime: cRuntimeWith('c', (text) => text.replaceAll(`{\n${body}}`, () => `{\n${edit.text}}`)),
    }));
  });
}

/** Bodies of a kernel and of all that it calls. */
function reachable(kernel: string, kernels: ReadonlyMap<string, string>): string[] {
  const names = new Set([kernel]);
  for (const name of names)
    for (const [called] of kernels.get(name)?.matchAll(/\bm_k_\w+/g) ?? []) names.add(called);
  return [...names].flatMap((name) => kernels.get(name) ?? []);
}

/** Modules of the WGSL, each changed in one line. */
export function wgslKernelMutants({ name, graph }: Subject): Mutant[] {
  const { manifest } = compiled(graph);
  const optimized = optimize(graph);
  return Object.entries(manifest.modules).flatMap(([module, source]) => {
    const callsIn = (dispatches: readonly Dispatch[] = []) =>
      dispatches.filter((dispatch) => dispatch.module === module);
    const forSoftware = callsIn(manifest.dispatches);
    const [adapter, calls] = forSoftware.length
      ? (['software', forSoftware] as const)
      : (['gpu', callsIn(manifest.gpuDispatches)] as const);
    return editsOf(source, wgslOperators).map((edit) => ({
      name: `${name} wgsl ${module}: ${edit.name}`,
      kind: 'kernel' as const,
      layers: new Set(calls.flatMap(({ label }) => labelNames(label, optimized))),
      runtime: wgslRuntimeWith(
        (program) => withModules(program, (text) => (text === source ? edit.text : text)),
        adapter,
      ),
    }));
  });
}

/** `conv2d /a + /b` without the op. A long label is cut off: then all names of the optimised nodes that it has whole names of. */
export function labelNames(label: string, optimized: Graph): string[] {
  const names = namesIn(label.replace(/^\S+ /, ''));
  if (!label.endsWith('...')) return names;
  const whole = new Set(names.slice(0, -1));
  return [...optimized.nodes()].flatMap(({ origin }) =>
    origin.some((name) => whole.has(name)) ? origin : [],
  );
}

type Program = WgslProgram<Uint8Array>;

export function wgslRuntimeWith(
  change: (program: Program) => Program,
  adapter: AdapterKind = 'software',
): Runtime {
  return {
    name: 'wgsl',
    prepare: async (model) => {
      const program = compiled(model);
      const changed = change(program);
      const prepare = async () => prepareOnDevice(changed, await sharedDevice(), { plain: true, adapter });
      const same = JSON.stringify(changed.manifest) === JSON.stringify(program.manifest);
      return same ? unchanged(model, prepare) : prepare();
    },
  };
}

const compiled = rememberedBy((model: Graph) => compileWgsl(model, { name: 'm' }));
const unchanged = onceFor();

let device: Promise<GPUDevice> | undefined;

/** One device for all mutants, which compiles each shader once: a software GPU takes a second for it. A new one after a loss. */
function sharedDevice(): Promise<GPUDevice> {
  device ??= dawnDevice().then((fresh) => {
    fresh.lost.then(() => {
      device = undefined;
    });
    return fresh;
  });
  return device;
}

function withModules({ manifest, ...rest }: Program, change: (text: string) => string): Program {
  const modules = Object.fromEntries(
    Object.entries(manifest.modules).map(([key, text]) => [key, change(text)]),
  );
  return { ...rest, manifest: { ...manifest, modules } };
}
