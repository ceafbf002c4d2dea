import { lookup } from '@ghostc/ops';

/** Attributes other than the defaults, as the text form has them after an op; empty where it has none. */
export function attrsText(op: string): string {
  const given = Object.entries(lookup(op).random.attrs);
  return given.length ? ` {${given.map(([name, value]) => `${name}=${value}`).join(', ')}}` : '';
}
