import type { Outcome } from '@ghostc/bisect';
import { isForeign } from './find-runtime.ts';

export interface Contestants {
  readonly a: string;
  readonly b: string;
  /** Two models were compared, not two runtimes. */
  readonly models: boolean;
}

/** README.md of a reproduction: how to see the difference again, and which programs next to it show it. */
export function reproductionWords(
  { a, b, models }: Contestants,
  outcome: Outcome,
  ops: readonly string[],
): string {
  const failures = outcome.failures.map(({ side, message }) => `- ${side === 'a' ? a : b}: ${message}`);
  const what = failures.length ? ['fails:', '', ...failures] : ['gives other numbers.'];
  return [
    `# ${a} and ${b} differ on ${ops.join(', ')}`,
    '',
    `${models ? 'The second model' : `${called(b)}, compared with ${called(a)},`} ${what.join('\n')}`,
    '',
    ...(models
      ? [
          '`model.onnx` is the part of the first model, `other.onnx` that of the second:',
          '',
          '    ghostc bisect model.onnx other.onnx --data .',
        ]
      : [
          'Again, in this folder:',
          '',
          `    ghostc bisect model.gir --data . --a ${quoted(a)} --b ${quoted(b)}`,
        ]),
    '',
    `\`test_data_set_0\` has the inputs and what ${outcome.a ? a : b} gave.`,
    '',
    ...programs(a, b),
    '',
  ].join('\n');
}

/** For a shell: the command of an engine has spaces. */
function quoted(name: string): string {
  return /^[\w./@:-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** An engine that is not ours is called foreign. */
function called(name: string): string {
  if (isForeign(name)) return `\`${name}\` (a foreign engine)`;
  return `\`${name}\`${name === 'ort' ? ' (ONNX Runtime, a foreign engine)' : ''}`;
}

function programs(a: string, b: string): string[] {
  const shows = (target: string): boolean =>
    [a, b].some((name) => name === target || name.startsWith(`${target}@`));
  const line = (file: string, target: string, words: string): string =>
    shows(target)
      ? `- \`${file}\` ${words}: it shows the difference.`
      : `- \`${file}\` ${words}, which was not compared: it runs the model against the values expected, and does not run ${a} or ${b}.`;
  return [line('main.c', 'c', "is ghostc's C"), line('model.html', 'wgsl', "is ghostc's WGSL")];
}
