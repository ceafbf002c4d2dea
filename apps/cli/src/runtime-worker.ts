import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Runtime, runEach, type Tensors } from '@ghostc/conformance';
import { CompileError, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { createRuntime, ortRuntime } from '@ghostc/runtimes';

/** A model with inputs, as it goes to the worker. */
export interface WorkerTask {
  readonly text: string;
  readonly resources: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly Tensors[];
}

export type WorkerAnswer =
  | { readonly ready: Pick<Runtime, 'name' | 'dynamicShapes' | 'arithmetic'> }
  | { readonly outputs: readonly Tensors[] }
  | { readonly code: string; readonly message: string };

/** Runs models for the process that started this one, in a runtime that may crash or hang. */
export async function serveRuntime(name: string): Promise<void> {
  const answer = (one: WorkerAnswer): void => void process.send?.(one);
  try {
    const runtime = await runtimeByName(name);
    process.on('message', (task: WorkerTask) => {
      runTask(runtime, task).then(
        (outputs) => answer({ outputs }),
        (error: unknown) => answer(failureOf(error)),
      );
    });
    process.once('disconnect', () => process.exit());
    const { dynamicShapes, arithmetic } = runtime;
    answer({
      ready: {
        name: runtime.name,
        ...(dynamicShapes && { dynamicShapes }),
        ...(arithmetic && { arithmetic }),
      },
    });
  } catch (error) {
    answer(failureOf(error));
  }
}

async function runTask(
  runtime: Runtime,
  { text, resources, inputs }: WorkerTask,
): Promise<readonly Tensors[]> {
  return runEach(runtime.prepare(parseGraph(text, { registry, resources })), inputs);
}

function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof CompileError) return { code: error.code, message: error.detail };
  return { code: 'engine/error', message: error instanceof Error ? error.message : String(error) };
}

/** A built-in runtime, or the default export of a module. */
export async function runtimeByName(name: string): Promise<Runtime> {
  if (name === 'ort') return ortRuntime;
  if (!isModule(name)) return createRuntime(name);
  if (!existsSync(name)) throw new CompileError('file/missing', 'there is no such module', { file: name });
  const found = await defaultExport(name);
  if (typeof found?.prepare === 'function' && typeof found.name === 'string') return found as Runtime;
  throw new CompileError('cli/runtime', `${name}: expected a default export { name, prepare }`);
}

export function isModule(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

async function defaultExport(file: string): Promise<Partial<Runtime> | undefined> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CompileError('cli/runtime', `${file}: the module does not load: ${reason}`);
  }
}
