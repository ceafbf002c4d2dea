import { itemAt } from '@ghostc/ir';

/** A way to break a line of a kernel: the changed line, or undefined where it does not apply. */
export interface EditOperator {
  readonly name: string;
  readonly change: (line: string) => string | undefined;
}

/** The operator on lines that are no head of a loop: one that steps the wrong way never ends. */
function outsideHeads(change: EditOperator['change']): EditOperator['change'] {
  return (line) => (/^\s*for\b/.test(line) ? undefined : change(line));
}

/** Replaces the first match; undefined where there is none. */
export function swap(
  pattern: RegExp,
  by: string | ((...groups: string[]) => string),
): EditOperator['change'] {
  return (line) => {
    const changed = line.replace(pattern, by as string);
    return changed === line ? undefined : changed;
  };
}

const plus = (by: number) => (text: string) => text.replace(/\d+/, (n) => String(Number(n) + by));

export const cOperators: readonly EditOperator[] = [
  {
    name: 'last iteration missed',
    change: swap(/< (\d{2,}); (\w+)(\+\+| \+= \d+)/, (_, n, i, step) => `< ${Number(n) - 1}; ${i}${step}`),
  },
  { name: 'activation left out', change: swap(/RELU\((\w+)\)/g, '$1') },
  { name: 'added with the wrong sign', change: outsideHeads(swap(/ \+= /, ' -= ')) },
  { name: 'stride off by one', change: swap(/\* \d+;/, plus(1)) },
  { name: 'pad off by one', change: swap(/ - 1;/, () => ' - 2;') },
  { name: 'offset off by one', change: swap(/\+ \d+\)/, plus(1)) },
  { name: 'weights of the next channel', change: swap(/\bw + m \* \d+\b/, plus(1)) },
  { name: 'bias left out', change: swap(/SPLAT\(bb?\[\d\]\)/g, () => 'SPLAT(0.0f)') },
];

export const wgslOperators: readonly EditOperator[] = [
  {
    name: 'last iteration missed',
    change: swap(/< (params\.\w+(?: \/ 4)?); (\w+)\+\+/, (_, n, i) => `< ${n} - 1; ${i}++`),
  },
  { name: 'added with the wrong sign', change: outsideHeads(swap(/ \+= (?!4|params|1)/, () => ' -= ')) },
  { name: 'pad off by one', change: swap(/ - params\.P[TL];/, (all) => `${all.slice(0, -1)} - 1;`) },
  { name: 'height and width swapped', change: swap(/% params\.OH\b/, () => '% params.OW4') },
  { name: 'activation reversed', change: swap(/x < vec4f\(0\.0\)/, () => 'x > vec4f(0.0)') },
  { name: 'lane read twice', change: swap(/vec4f\(c1, /, () => 'vec4f(c0, ') },
  { name: 'weights off by one', change: swap(/weights\[(w \+ \d+)\]/, (_, at) => `weights[${at} + 1]`) },
  { name: 'matrix off by one', change: swap(/matrix\((w\d? \+ \d+)\)/, (_, at) => `matrix(${at} + 1)`) },
  { name: 'residual dropped', change: swap(/ \+ arena\[\(params\.R_AT.*\]/, () => '') },
  { name: 'rounded to a whole', change: swap(/apply\((s\d)\)/, (_, s) => `round(apply(${s}))`) },
  { name: 'bias left out', change: swap(/vec4f\((bias\d?\.[xyzw])\)/, () => 'vec4f(0.0)') },
];

export interface Edited {
  readonly name: string;
  readonly text: string;
}

/** A text with one line changed, for each operator that has a line in it: the middle one of those where it applies. */
export function editsOf(text: string, operators: readonly EditOperator[]): Edited[] {
  const lines = text.split('\n');
  return operators.flatMap(({ name, change }) => {
    const places = [...lines.keys()].filter((i) => change(itemAt(lines, i)) !== undefined);
    const place = places[places.length >> 1];
    if (place === undefined) return [];
    const line = itemAt(lines, place);
    const edited = lines.map((one, i) => (i === place ? (change(line) as string) : one));
    return [{ name: `${name}: ${line.trim()}`, text: edited.join('\n') }];
  });
}
