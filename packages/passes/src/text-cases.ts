/** A case of a `.gir` file: a graph, and the result of some rules on it or why they decline. */
export interface TextCase {
  readonly title: string;
  /** Names of the rules or passes to run, in order; from the line `# run: a, b`. */
  readonly run: readonly string[];
  readonly input: string;
  /** The graph afterwards, or `declines: <reason>`. */
  readonly expected: string;
}

const ARROW = '\n==>\n';

/**
 * Splits a file into its cases: separated by `---`, each `# title`, `# run: ...`, a graph, `==>`, the
 * expectation.
 */
export function parseTextCases(text: string): TextCase[] {
  return text.split(/^---\n/m).map((block) => {
    const [before = '', after = ''] = block.split(ARROW);
    const lines = before.split('\n');
    const comments = lines.filter((line) => line.startsWith('# '));
    const run = comments.find((line) => line.startsWith('# run: '))?.slice(7) ?? '';
    const title = comments.find((line) => !line.startsWith('# run: '))?.slice(2) ?? 'untitled';
    const input = lines
      .filter((line) => !line.startsWith('# '))
      .join('\n')
      .trim();
    return {
      title,
      run: run
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
      input,
      expected: after.trim(),
    };
  });
}

/** The inverse of `parseTextCases`: used to update the file. */
export function formatTextCases(cases: readonly TextCase[]): string {
  return cases
    .map(
      ({ title, run, input, expected }) =>
        `# ${title}\n# run: ${run.join(', ')}\n${input}\n==>\n${expected}\n`,
    )
    .join('---\n');
}
