import type { RuntimeResult } from '@ghostc/conformance';
import pc from 'picocolors';
import { formatError, formatSeconds, formatTable } from './format.ts';

const colours = { pass: pc.green, fail: pc.red, error: pc.red, unclear: pc.yellow } as const;

/** A row for each target, of its worst element; below, why it failed, or what is to be said of what passed. */
export function printVerification(results: readonly RuntimeResult[]): void {
  const rows = results.map((r) => [
    r.target,
    colours[r.status](r.status),
    formatError(r.maxRel),
    formatError(r.off),
    formatError(r.allowed),
    formatRatio(r.ratio),
    formatSeconds(r.seconds),
  ]);
  console.log(
    formatTable(['target', 'status', 'max rel', 'worst', 'allowed there', 'of allowed', 'time'], rows),
  );
  for (const { target, message, note } of results) {
    if (message) console.log(`${pc.red(target)}: ${message}`);
    if (note) console.log(`${target}: ${note}`);
  }
}

function formatRatio(ratio: number): string {
  if (Number.isNaN(ratio)) return '-';
  return ratio === 0 ? '0' : Number(ratio.toPrecision(2)).toString();
}
