import type { CoverageRow } from '@ghostc/conformance';

/** What random models had, op by op, as a page in Markdown. */
export function coverageTable(rows: readonly CoverageRow[], models: number): string {
  const missing = rows.flatMap((row) => row.missing);
  const cells = rows.map(({ op, nodes, types, attributes, missing }) =>
    [op, String(nodes), types.join(' '), attributes.join(', '), missing.join(', ')].join(' | '),
  );
  return `# What random models are made of

Written by \`ghostc fuzz --coverage FILE\` after ${models} models. An attribute has its default, another value, or a word; the number
is how many nodes had it.

Ops and attributes never generated: ${missing.length ? missing.join(', ') : 'none'}.

| op | nodes | element types | attributes | never |
| --- | --- | --- | --- | --- |
${cells.map((row) => `| ${row} |`).join('\n')}
`;
}
