import type { Sample } from '@ghostc/bisect';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { LEAST_ULP, type Trial } from './try-mutant.ts';

/** `harmless`: the change is too small to matter. `same`, `false alarm`: of the unbroken compiler. */
export type Verdict =
  | 'harmless'
  | 'missed'
  | 'not located'
  | 'not reproduced'
  | 'reproduced'
  | 'same'
  | 'false alarm';

/** What must not be. */
export const isShort = (verdict: Verdict): boolean => !['harmless', 'reproduced', 'same'].includes(verdict);

export function verdictOf({ kind, ulp, found, located, reproduced, report }: Trial): Verdict {
  if (kind === 'none') return found || !report?.agree ? 'false alarm' : 'same';
  if (!found) return ulp <= LEAST_ULP ? 'harmless' : 'missed';
  if (!located) return 'not located';
  return reproduced ? 'reproduced' : 'not reproduced';
}

export function sampleOf(graph: Graph): Sample {
  return { graph, inputs: seededInputs(graph, 1) };
}

/** Rows of how many there are of each. */
export function tally(verdicts: readonly Verdict[]): string[][] {
  const names = [...new Set(verdicts)].sort();
  return names.map((name) => [name, String(verdicts.filter((one) => one === name).length)]);
}
