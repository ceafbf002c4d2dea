import type { Runtime } from '@ghostc/conformance';
import { type Graph, itemAt } from '@ghostc/ir';

/** A compiler with one fault, which it has in every model where the place of the fault comes up: also in parts of this one. */
export interface Mutant {
  /** What is broken, and where. */
  readonly name: string;
  /** Of a kernel, of a pass, or of the plan; none: the unbroken compiler. */
  readonly kind: 'kernel' | 'pass' | 'plan' | 'none';
  readonly runtime: Runtime;
  /** Names in the source model of what the broken place computes. */
  readonly layers: ReadonlySet<string>;
}

export interface Subject {
  readonly name: string;
  readonly graph: Graph;
}

/** The names in `a + b`, as comments of the C and labels of the WGSL have them. */
export function namesIn(text: string): string[] {
  return text.split(' + ').map((name) => name.trim());
}

/** `count` elements of a list, spread over it. */
export function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => itemAt(list, Math.floor((i * list.length) / count)));
}
