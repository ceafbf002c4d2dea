import { kindOf } from './kind-of.ts';

/** A compiled module, of any frame or realm. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return kindOf(value) === 'WebAssembly.Module';
}
