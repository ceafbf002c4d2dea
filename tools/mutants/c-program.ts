import type { CProgram } from '@ghostc/backend-c';
import { compileC } from '@ghostc/compiler';
import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import { type Graph, itemAt } from '@ghostc/ir';
import { prepareC } from '@ghostc/runtimes';
import { namesIn } from './mutant.ts';
import { onceFor, rememberedBy } from './once-for.ts';

export interface CLayer {
  readonly names: readonly string[];
  /** The function that it calls. */
  readonly kernel: string;
  /** The statement. */
  readonly call: string;
}

/**
 * The C that a changed compiler makes, built without optimisation, so that many can be tried. A model whose C has not the place
 * that is changed is built and run once for all of them.
 */
export function cRuntimeWith(name: string, change: (source: string) => string): Runtime {
  return {
    name,
    prepare: async (model) => {
      const program = compiled(model);
      const [source, changed] = [sourceOf(program), change(sourceOf(program))];
      if (changed === source) return unchanged(model, () => runnable(program));
      return runnable(withSource(program, changed));
    },
  };
}

const compiled = rememberedBy((model: Graph) => compileC(model, { name: 'm' }));
const unchanged = onceFor();

async function runnable(program: CProgram): Promise<Executable> {
  const { run, dispose } = await prepareC(program, 'host', {
    extraFlags: ['-O0', '-Wno-error', '-DGHOSTC_DISPATCH=0'],
    timeout: 20,
  });
  const runAll = async (inputs: readonly Tensors[]): Promise<Tensors[]> =>
    (await run(inputs)).map(({ outputs }) => outputs);
  return { runAll, run: async (inputs) => itemAt(await runAll([inputs]), 0), dispose };
}

export function cSource(model: Graph): string {
  return sourceOf(compiled(model));
}

const sourceOf = ({ files }: CProgram): string => String(files.get('m.c'));

function withSource(program: CProgram, source: string): CProgram {
  return { ...program, files: new Map([...program.files, ['m.c', source]]) };
}

/** Kernels by name: the text between the braces. */
export function kernelsOf(source: string): Map<string, string> {
  const found = source.matchAll(/^KERNEL void (m_k_\w+)(?<!_avx\d+)\([^)]*\)\n\{\n([\s\S]*?)^\}\n/gm);
  return new Map([...found].map(([, name = '', body = '']) => [name, body]));
}

/** The calls of `m_run`, with the names in the comments before them. */
export function layersOf(source: string): CLayer[] {
  const found = source.matchAll(
    /\/\* \d+\. [^;]*; (.*) \*\/\n[^\n]*GHOSTC_LAYER[^\n]*\n\s*((m_k_\w+)(?<!_avx\d+)\(.*\);)/g,
  );
  return [...found].map(([, names = '', call = '', kernel = '']) => ({
    names: namesIn(names),
    kernel,
    call,
  }));
}
