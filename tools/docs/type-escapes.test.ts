import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** Casts in a thousand lines: where the compiler takes our word. `as const` does not count. */
const MOST_CASTS = 4;
/** A boolean parameter says nothing where it is given; those that are left are data. */
const MOST_BOOLEANS = 10;

interface Found {
  lines: number;
  readonly casts: string[];
  readonly booleans: string[];
}

const found = escapes(sourceFiles());

test(`casts: under ${MOST_CASTS} in a thousand lines`, () => {
  const rate = (1000 * found.casts.length) / found.lines;
  expect(rate, `${found.casts.length} casts:\n${found.casts.join('\n')}`).toBeLessThan(MOST_CASTS);
});

test(`boolean parameters: under ${MOST_BOOLEANS}`, () => {
  expect(found.booleans.length, found.booleans.join('\n')).toBeLessThan(MOST_BOOLEANS);
});

/** What is written by hand and is no test. */
function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', 'packages/*.ts', 'apps/*.ts', 'tools/*.ts'], {
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((name) => /(?<!\.test|\.d)\.ts$/.test(name) && !name.includes('/generated/'));
}

function escapes(files: readonly string[]): Found {
  const all: Found = { lines: 0, casts: [], booleans: [] };
  for (const name of files) {
    const file = ts.createSourceFile(name, readFileSync(name, 'utf8'), ts.ScriptTarget.Latest, true);
    all.lines += file.getLineStarts().length;
    collect(file, file, all);
  }
  return all;
}

function collect(file: ts.SourceFile, node: ts.Node, all: Found): void {
  const place = (): string =>
    `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  if (isCast(node)) all.casts.push(place());
  if (ts.isParameter(node) && isBoolean(node)) all.booleans.push(place());
  ts.forEachChild(node, (child) => collect(file, child, all));
}

function isCast(node: ts.Node): boolean {
  return (ts.isAsExpression(node) && node.type.getText() !== 'const') || ts.isNonNullExpression(node);
}

function isBoolean({ type, initializer }: ts.ParameterDeclaration): boolean {
  return type?.kind === ts.SyntaxKind.BooleanKeyword || /^(true|false)$/.test(initializer?.getText() ?? '');
}
