import { InvalidArgumentError } from 'commander';

/** "60" -> 60: an integer from 0 on. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Expected an integer from 0 on.');
}
