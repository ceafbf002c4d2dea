import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from '../conformance/markdown-table.ts';

interface Boundaries {
  readonly boundaries: {
    readonly tags: Readonly<Record<string, { readonly dependencies: { readonly allow: readonly string[] } }>>;
  };
}

const start = '<!-- packages: npm run docs:write -->';
const end = '<!-- /packages -->';

/** ARCHITECTURE.md with its table of packages: descriptions from package.json, imports from turbo.json. */
export function architectureDocument(root: string): string {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const [head, rest] = [text.slice(0, text.indexOf(start)), text.slice(text.indexOf(end))];
  return `${head}${start}\n\n${importTable(root)}\n\n${rest}`;
}

function importTable(root: string): string {
  const { boundaries } = JSON.parse(readFileSync(join(root, 'turbo.json'), 'utf8')) as Boundaries;
  const names = readdirSync(join(root, 'packages'));
  const imports = new Map(names.map((name) => [name, boundaries.tags[name]?.dependencies.allow ?? []]));
  const depth = (name: string): number =>
    Math.max(0, ...(imports.get(name) ?? []).map((one) => 1 + depth(one)));
  const ordered = names.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  const rows = ordered.map((name) => [
    `[\`${name}\`](packages/${name}/README.md)`,
    description(root, name),
    imports.get(name)?.join(', ') || 'nothing',
  ]);
  return markdownTable([['package', 'what it is', 'may import'], ...rows]);
}

function description(root: string, name: string): string {
  const file = join(root, 'packages', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { description: string }).description;
}
