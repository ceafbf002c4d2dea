import type { Node } from '@ghostc/ir';

/** What a kernel knows of a node that it accepts; throws TypeError where it is asked to emit another. */
export function accepted<T>(known: T | null, { op, output }: Node): T {
  if (known !== null) return known;
  throw new TypeError(`the kernel does not accept ${op} (%${output.name})`);
}
