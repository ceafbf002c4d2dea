import { mulberry32 } from '@ghostc/ir';

/** A way to break generated code: every place that matches is one possible mutant. */
interface Operator {
  readonly name: string;
  readonly pattern: RegExp;
  /** The changed text; undefined where the change would mean the same. */
  readonly change: (match: RegExpMatchArray) => string | undefined;
}

const plusOne = (match: RegExpMatchArray): string => match[0].replace(/\d+/, (n) => String(Number(n) + 1));

const operators: readonly Operator[] = [
  {
    name: 'last iteration missed',
    pattern: /< (\d+); ([a-su-z]\w*)\+\+/g,
    change: ([, count, index]) => (Number(count) > 1 ? `< ${Number(count) - 1}; ${index}++` : undefined),
  },
  { name: 'added with the wrong sign', pattern: / \+= /g, change: () => ' -= ' },
  { name: 'operands swapped', pattern: /\bp ([-/]) q\b/g, change: ([, op]) => `q ${op} p` },
  {
    name: 'constant off by a hundredth',
    pattern: /\b\d+\.\d+(?=f)/g,
    change: ([value]) => (Number(value) === 0 ? undefined : String(Number(value) + 0.01)),
  },
  { name: 'stride off by one', pattern: /(?<=\[[^\]]*)\* \d+(?=[ \]+])/g, change: plusOne },
  { name: 'pad off by one', pattern: / - \d+;/g, change: plusOne },
  { name: 'weights shifted', pattern: /\bw \+ 0\b/g, change: plusOne },
  { name: 'comparison reversed', pattern: / < 0\.0f/g, change: () => ' > 0.0f' },
];

export interface Mutant {
  readonly name: string;
  readonly text: string;
}

/**
 * Mutants of a source, one for each operator that has a place in it, the places picked by the seed. Only kernels are
 * changed, not their copies for AVX2, and no pointers to blocks and no filling of scratch, where a change may mean the same.
 */
export function mutantsOf(source: string, seed: number): Mutant[] {
  const next = mulberry32(seed);
  const start = Math.max(0, source.search(/^\w+ void \w+_k_\w+\(/m));
  const end = source.indexOf('\n#if GHOSTC_DISPATCH\n', start);
  const code = source.slice(start, end < 0 ? undefined : end);
  return operators.flatMap(({ name, pattern, change }) => {
    const places = [...code.matchAll(pattern)].filter((match) => change(match) !== undefined);
    const place = places[Math.floor(next() * places.length)];
    if (!place) return [];
    const at = place.index;
    const [from, to] = [code.lastIndexOf('\n', at), code.indexOf('\n', at)];
    const changed = change(place) as string;
    // an expression that occurs twice in a line changes in both places
    const edited = code.slice(from, to).replaceAll(place[0], changed);
    const text = code.slice(0, from) + edited + code.slice(to);
    const line = source.slice(0, start + at).split('\n').length;
    const whole = source.slice(0, start) + text + source.slice(start + code.length);
    return [{ name: `${name}, line ${line}: ${place[0].trim()}`, text: whole }];
  });
}
