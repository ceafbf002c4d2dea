import { InvalidArgumentError } from 'commander';

/** "60" -> 60: an integer from 0 on. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Expected an integer from 0 on.');
}

/** "60" -> 60: an integer from 1 on. */
export function parsePositive(text: string): number {
  const count = parseCount(text);
  if (count > 0) return count;
  throw new InvalidArgumentError('Expected an integer from 1 on.');
}

/** "-1" -> -1. */
export function parseInteger(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected an integer.');
}
