import type { Kernel, KernelContext, Step } from '../kernel.ts';

/** One kernel for each of `ops`, all from one function. */
export function kernelTable<K extends string>(
  ops: readonly K[],
  emit: (op: K, context: KernelContext) => readonly Step[],
): Readonly<Record<K, Kernel>> {
  const table = {} as Record<K, Kernel>;
  for (const op of ops) table[op] = (context) => emit(op, context);
  return table;
}
