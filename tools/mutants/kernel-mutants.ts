import { compileWgsl } from '@ghostc/compiler';
import type { Runtime } from '@ghostc/conformance';
import { prepareWgsl } from '@ghostc/runtimes';
import type { WgslProgram } from '@ghostc/wgsl-runtime';
import { cRuntimeWith, cSource, kernelsOf, layersOf } from './c-program.ts';
import { cOperators, editsOf, wgslOperators } from './edit-operators.ts';
import { type Mutant, namesIn, type Subject } from './mutant.ts';

/** Kernels of the C, each changed in one line. The change is made wherever a kernel has the same text. */
export function cKernelMutants({ name, graph }: Subject): Mutant[] {
  const source = cSource(graph);
  const layers = layersOf(source);
  const kernels = kernelsOf(source);
  return [...kernels].flatMap(([kernel, body]) => {
    const calls = layers.filter((layer) => kernels.get(layer.kernel) === body);
    return editsOf(body, cOperators).map((edit) => ({
      name: `${name} c ${kernel}: ${edit.name}`,
      kind: 'kernel' as const,
      layers: new Set(calls.flatMap((layer) => layer.names)),
      runtime: cRuntimeWith('c', (text) => text.replaceAll(`{\n${body}}`, () => `{\n${edit.text}}`)),
    }));
  });
}

/** Modules of the WGSL, each changed in one line. */
export function wgslKernelMutants({ name, graph }: Subject): Mutant[] {
  const { manifest } = compileWgsl(graph, { name: 'm' });
  return Object.entries(manifest.modules).flatMap(([module, source]) => {
    const calls = manifest.dispatches.filter((dispatch) => dispatch.module === module);
    return editsOf(source, wgslOperators).map((edit) => ({
      name: `${name} wgsl ${module}: ${edit.name}`,
      kind: 'kernel' as const,
      layers: new Set(calls.flatMap(({ label }) => labelNames(label))),
      runtime: wgslRuntimeWith((program) =>
        withModules(program, (text) => (text === source ? edit.text : text)),
      ),
    }));
  });
}

/** `conv2d /a + /b` without the op. */
export function labelNames(label: string): string[] {
  return namesIn(label.replace(/^\S+ /, ''));
}

type Program = WgslProgram<Uint8Array>;

export function wgslRuntimeWith(change: (program: Program) => Program): Runtime {
  return {
    name: 'wgsl',
    prepare: (model) => prepareWgsl(change(compileWgsl(model, { name: 'm' })), { plain: true }),
  };
}

function withModules({ manifest, ...rest }: Program, change: (text: string) => string): Program {
  const modules = Object.fromEntries(
    Object.entries(manifest.modules).map(([key, text]) => [key, change(text)]),
  );
  return { ...rest, manifest: { ...manifest, modules } };
}
