import type { Emit, Kernel, KernelContext, Step } from '../kernel.ts';

/** What `make` gives for each of `ops`. */
export function tableOf<K extends string, T>(ops: readonly K[], make: (op: K) => T): Readonly<Record<K, T>> {
  const table = {} as Record<K, T>;
  for (const op of ops) table[op] = make(op);
  return table;
}

/** The code of each of `ops`, all from one function. */
export function kernelTable<K extends string>(
  ops: readonly K[],
  emit: (op: K, context: KernelContext) => readonly Step[],
): Readonly<Record<K, Emit>> {
  return tableOf<K, Emit>(ops, (op) => (context) => emit(op, context));
}

/** Kernels that need no scratch memory; with `accepts`, for the nodes that it holds for. */
export function emitting<K extends string>(
  table: Readonly<Record<K, Emit>>,
  accepts?: Kernel['accepts'],
): Readonly<Record<K, Kernel>> {
  const entries = Object.entries<Emit>(table).map(([op, emit]) => [
    op,
    { emit, ...(accepts && { accepts }) },
  ]);
  return Object.fromEntries(entries) as Record<K, Kernel>;
}
