import { execFileSync } from 'node:child_process';
import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { completionScript } from './completion-script.ts';

const program = new Command('ghostc')
  .addCommand(
    new Command('compile')
      .description("compile a model: it's quick")
      .addOption(new Option('--target <target>', 'what to make [all]').choices(['c', 'wgsl']))
      .option('--json', 'print JSON'),
  )
  .addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh'])))
  .addCommand(new Command('worker'), { hidden: true });

/** What bash offers for the last of these words. */
function offered(...words: string[]): string {
  const script = `${completionScript('bash', program)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ghostc; echo "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' }).trim();
}

test.each([
  [['ghostc', ''], 'compile completion'],
  [['ghostc', 'compl'], 'completion'],
  [['ghostc', 'compile', '--target', ''], 'c wgsl'],
  [['ghostc', 'compile', 'm.onnx', '--j'], '--json'],
  [['ghostc', 'completion', ''], 'bash zsh'],
  [['ghostc', 'compile', ''], ''],
])('bash offers for %j: %s', (words, expected) => {
  expect(offered(...words)).toBe(expected);
});

test('zsh and fish get descriptions, with their marks quoted', () => {
  expect(completionScript('zsh', program)).toContain("'compile:compile a model: it'\\''s quick'");
  expect(completionScript('zsh', program)).toContain(
    "'--target[what to make \\[all\\]]:value:(c wgsl)' '--json[print JSON]'",
  );
  expect(completionScript('fish', program)).toContain(
    "complete -c ghostc -n '__fish_seen_subcommand_from compile' -l target -x -a 'c wgsl' -d 'what to make [all]'",
  );
});
