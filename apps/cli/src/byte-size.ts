import { InvalidArgumentError } from 'commander';

/** "320K" -> 327,680; "1.5M"; "64000". K is 1,024 bytes. */
export function parseByteSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kKmM]?)i?[bB]?$/.exec(text) ?? [];
  const bytes = Number(digits) * { '': 1, K: 1024, M: 1024 ** 2 }[unit.toUpperCase() as '' | 'K' | 'M'];
  if (!digits || !Number.isSafeInteger(Math.floor(bytes)) || bytes < 1)
    throw new InvalidArgumentError('Expected a size in bytes, as in 320K, 1M or 64000.');
  return Math.floor(bytes);
}
