import type { Random } from './random.ts';

const words = [
  '-1',
  '0',
  '1e308',
  '9007199254740993',
  '1099511627776',
  '4294967296',
  'nan',
  'inf',
  '""',
  '"../../x"',
  '%x',
  '[',
  ']',
  '{',
  '}',
  '(',
  ')',
  'quant(0.1:0)',
  'i4',
  'bool',
  'f8e4m3fn',
];

/** Changes one to three lines of a text, or tokens of them: dropped, doubled, exchanged, replaced. */
export function mutateText(bytes: Uint8Array, random: Random): Uint8Array {
  const lines = new TextDecoder().decode(bytes).split('\n');
  for (let i = random.below(3); i >= 0 && lines.length; i--) {
    const at = random.below(lines.length);
    const line = lines[at] ?? '';
    const action = random.below(5);
    if (action === 0) lines.splice(at, 1);
    else if (action === 1) lines.splice(random.below(lines.length), 0, line);
    else lines[at] = changedLine(line, random);
  }
  return new TextEncoder().encode(lines.join('\n'));
}

function changedLine(line: string, random: Random): string {
  const tokens = line.split(/([\s,=(){}[\]:]+)/);
  const at = random.below(tokens.length);
  tokens[at] = random.below(3) ? random.pick(words) : (tokens[random.below(tokens.length)] ?? '');
  return tokens.join('');
}
