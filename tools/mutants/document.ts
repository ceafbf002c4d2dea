import { markdownTable } from '../conformance/markdown-table.ts';
import type { Mutant } from './mutant.ts';
import type { Verdict } from './tally.ts';

/** What became of one mutant. */
export interface Tried {
  readonly model: string;
  readonly name: string;
  readonly kind: Mutant['kind'];
  readonly verdict: Verdict;
  /** The change of the output, in ulp of its largest element. */
  readonly ulp: string;
  /** The nodes that bisect names. */
  readonly named: readonly string[];
  /** Of the processor, without the programs that it starts. */
  readonly seconds: number;
}

const words: Readonly<Record<Verdict, readonly [verify: string, bisect: string, reproduction: string]>> = {
  reproduced: ['found', 'named', 'differs'],
  'not reproduced': ['found', 'named', 'MISSING'],
  'not located': ['found', 'NOT NAMED', ''],
  missed: ['MISSED', '', ''],
  harmless: ['too small', '', ''],
  same: ['same', 'same', ''],
  'false alarm': ['FALSE ALARM', '', ''],
};

const titles: readonly (readonly [Mutant['kind'], string])[] = [
  ['kernel', 'Kernels, after fusion'],
  ['pass', 'Passes'],
  ['plan', 'Plans'],
  ['none', 'Nothing broken'],
];

/** docs/mutants.md. */
export function mutantsDocument(tried: readonly Tried[]): string {
  const sections = titles.map(([kind, title]) => {
    const ofKind = tried.filter((one) => one.kind === kind);
    return `## ${title}\n\n${sumOf(ofKind)}\n\n${markdownTable([HEAD, ...ofKind.map(rowOf)])}\n`;
  });
  return `${INTRODUCTION}\n\n${sections.join('\n')}`;
}

const INTRODUCTION = `# Faults made on purpose

Written by \`npm run mutants -- --log FILE --document docs/mutants.md\`; [bisect.md](bisect.md) says what is broken and how. Each
row is a compiler with one fault. \`ulp\` is how far the output of the whole model moves, in units in the last place of its largest
element; up to 64 of these are too small to be a fault. \`verify\` has to find it, \`bisect\` has to name the broken layer, or the
fused group that it is in, and the model that it calls smallest has to differ when it is written, read and run anew.`;

const HEAD = ['model', 'what is broken', 'ulp', 'verify', 'bisect', 'by itself', 'bisect names'];

function rowOf({ model, name, ulp, verdict, named }: Tried): string[] {
  const broken = name.slice(model.length + 1).replaceAll('|', '\\|');
  return [model, `\`${broken}\``, ulp, ...words[verdict], namesOf(named)];
}

/** The last node is the first whose result differs. */
function namesOf(named: readonly string[]): string {
  const more = named.length > 1 ? ` and ${named.length - 1} before it` : '';
  return named.length ? `${named.at(-1)}${more}` : '';
}

function sumOf(tried: readonly Tried[]): string {
  const count = (...verdicts: Verdict[]): number =>
    tried.filter(({ verdict }) => verdicts.includes(verdict)).length;
  if (tried[0]?.kind === 'none') return `${count('same')} of ${tried.length} agree.`;
  const faults = tried.length - count('harmless');
  return `${tried.length} tried, ${count('harmless')} too small; of the other ${faults}, ${count('reproduced', 'not reproduced', 'not located')} were found, ${count('reproduced', 'not reproduced')} located, ${count('reproduced')} reproduced.`;
}
