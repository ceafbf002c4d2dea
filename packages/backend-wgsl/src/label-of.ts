import type { Node } from '@ghostc/ir';

/** `op origin`: what errors and profiles show. Names of models are made printable ASCII of at most 80 characters. */
export function labelOf({ op, origin, output }: Node): string {
  return `${op} ${printable(origin.join(' + ') || `%${output.name}`)}`;
}

export function printable(name: string): string {
  const ascii = name.replace(/[^ -~]/g, '?');
  return ascii.length > 80 ? `${ascii.slice(0, 77)}...` : ascii;
}
