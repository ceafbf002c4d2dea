import type { ConformanceCase, Suite } from './suite.ts';

/**
 * All cases of a suite as one graph, for runtimes that are slow to compile or start: values get the number of
 * their case, outputs the name `case/output`. The heads and returns of the cases must be on separate lines.
 */
export function joinCases({ name, cases }: Suite): ConformanceCase {
  const parts = cases.map(partOf);
  return {
    name: `${name}/joined`,
    exact: cases.every((one) => one.exact),
    text: [
      `graph @${name}(${parts.map(({ inputs }) => inputs).join(', ')})`,
      ...parts.flatMap(({ body }) => body),
      `  return ${parts.map(({ outputs }) => outputs).join(', ')}`,
    ].join('\n'),
  };
}

function partOf(
  { name, text }: ConformanceCase,
  index: number,
): { inputs: string; body: string[]; outputs: string } {
  const lines = text.replaceAll(/%([\w.]+)/g, `%c${index}_$1`).split('\n');
  const head = lines[0] ?? '';
  const returned = (lines.at(-1) ?? '').replace('return', '').split(',');
  return {
    inputs: head.slice(head.indexOf('(') + 1, head.lastIndexOf(')')),
    body: lines.slice(1, -1),
    outputs: returned
      .map((value) => `${value.trim()} as "${name}${value.trim().replace(/^%c\d+_/, '/')}"`)
      .join(', '),
  };
}
