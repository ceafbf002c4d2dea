import { lookup } from '@ghostc/ops';

/** Attributes other than the defaults, as written after an op in the text form; empty if there are none. */
export function attrsText(op: string): string {
  const given = Object.entries(lookup(op).random.attrs);
  return given.length ? ` {${given.map(([name, value]) => `${name}=${value}`).join(', ')}}` : '';
}
