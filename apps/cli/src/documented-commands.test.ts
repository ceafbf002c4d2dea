import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ghostcProgram } from './program.ts';

const root = join(import.meta.dirname, '../../..');
const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path && path !== 'CHANGELOG.md' && !path.startsWith('docs/decisions/'));

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { commands } = ghostcProgram();

test.each(documents)('every command in %s is one that ghostc or npm takes', (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  expect(wrongCommands(text)).toEqual([]);
});

test('what is wrong in a command is told', () => {
  const code = (text: string): string => `\`${text}\``;
  expect(wrongCommands(code('ghostc compile x.onnx --target c'))).toEqual([]);
  expect(wrongCommands(code('ghostc compil x.onnx'))[0]).toContain('no command compil');
  expect(wrongCommands(code('ghostc compile x.onnx --targets c'))[0]).toContain('unknown option --targets');
  expect(wrongCommands(code('ghostc compile x.onnx --target d'))[0]).toContain('Allowed choices are');
  expect(wrongCommands(code('npm run benchmark'))[0]).toContain('no script benchmark');
});

/** What is wrong with the commands of a document, in its blocks and in its sentences. */
function wrongCommands(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|)\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline].flatMap((line) => {
    const [, tool, rest = ''] = /^(?:\$ )?(?:npx )?(ghostc|npm run) (.*)$/.exec(line.trim()) ?? [];
    if (!tool) return [];
    const words = wordsOf(rest);
    const problem = tool === 'ghostc' ? wrongUse(words) : wrongScript(words);
    return problem ? [`${line.trim()}: ${problem}`] : [];
  });
}

/** As a shell splits them, up to a comment, a pipe or a second command. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  const end = words.findIndex((word) => /^(?:#|\||&&|>|;|\\)/.test(word));
  return words.slice(0, end < 0 ? words.length : end).map((word) => word.replace(/^["']|["']$/g, ''));
}

function wrongUse([name = '', ...words]: readonly string[]): string | undefined {
  if (name.startsWith('-') || /[A-Z<{.|]/.test(name)) return undefined; // `ghostc --help`, `ghostc COMMAND`
  const command = commands.find((one) => one.name() === name);
  if (!command) return `no command ${name}`;
  const errors: string[] = [];
  const known = command.exitOverride().configureOutput({ writeErr: (text) => errors.push(text) });
  try {
    const { unknown } = known.parseOptions(words.flatMap(spelledOut));
    const odd = unknown.find((word) => word.startsWith('--') && word !== '--help');
    return odd && `unknown option ${odd}`;
  } catch {
    const error = errors.join('').trim() || 'refused';
    return error.endsWith('argument missing') ? undefined : error; // a sentence names the option only
  }
}

/** `[--json]` and `--target c|wgsl` stand for what they list; a name in capitals stands for any value. */
function spelledOut(word: string): string[] {
  const plain = word.replace(/^\[|\]$/g, '');
  return plain === '...' ? [] : [plain.split('|')[0] ?? plain];
}

function wrongScript([name = '', ...words]: readonly string[]): string | undefined {
  if (/[A-Z<*]/.test(name) || words.some((word) => word.startsWith('--workspace'))) return undefined;
  const all = name.split('|');
  const odd = all.find((one) => !Object.hasOwn(scripts, one) && !one.startsWith('-'));
  return odd && `no script ${odd}`;
}
