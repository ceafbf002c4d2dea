import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Runtime } from '@ghostc/conformance';
import { CompileError, messageOf } from '@ghostc/ir';
import {
  createRuntime,
  execRuntime,
  originalRuntime,
  ortRuntime,
  runtimeNames,
  withOnnx,
} from '@ghostc/runtimes';
import type { LoadedModel } from './load-model.ts';

/** What `findRuntime` takes, for help texts. */
export const runtimeKinds = `${['ort', ...runtimeNames].join(', ')}, a module whose default export is a Runtime, or exec:COMMAND`;

/** Default time in seconds after which an engine that does not answer is stopped. */
export const ENGINE_TIMEOUT = 60;

/**
 * A runtime as the user names it: one of ours, a module of theirs, or `exec:COMMAND`, an engine in any language
 * (docs/engines.md). Throws `run/target`, `file/missing`, `cli/runtime`, and
 * `engine/load` where the module itself throws.
 */
export async function findRuntime(name: string, { timeout = ENGINE_TIMEOUT } = {}): Promise<Runtime> {
  if (name === 'ort') return ortRuntime;
  if (name.startsWith('exec:')) return execRuntime(name.slice('exec:'.length), { timeout });
  if (!isForeign(name)) return createRuntime(name);
  if (!existsSync(name)) throw new CompileError('file/missing', 'there is no such module', { file: name });
  const found = await defaultExport(name);
  if (typeof found?.prepare === 'function' && typeof found.name === 'string')
    return withOnnx(found as Runtime);
  throw new CompileError('cli/runtime', 'expected a default export { name, prepare }', { file: name });
}

/** The same for a model, which may also run as it came: `original`. */
export async function runtimeOfModel(name: string, { onnx }: LoadedModel): Promise<Runtime> {
  if (name !== 'original') return findRuntime(name);
  if (onnx) return originalRuntime(onnx.path, onnx.given);
  throw new CompileError('cli/target', 'the target original needs an .onnx model');
}

/** Whether a name refers to an engine of the user's. */
export function isForeign(name: string): boolean {
  return name.startsWith('exec:') || /\.[cm]?[jt]s$/.test(name);
}

async function defaultExport(file: string): Promise<Partial<Runtime> | undefined> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)).default;
  } catch (error) {
    const reason = messageOf(error);
    throw new CompileError('engine/load', `the module does not load: ${reason}`, { file });
  }
}
