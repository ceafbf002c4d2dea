import { readFileSync } from 'node:fs';
import { CompileError } from '@ghostc/ir';
import type { ConformReport } from './conform-report.ts';

/**
 * Lines `NAME REASON` of a file; `#` starts a comment. Throws `cli/list` for a name without a reason, and for one that is no
 * case's.
 */
export function readExpectedFailures(file: string, known: ReadonlySet<string>): Map<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  const entries = lines.flatMap((line, i): [string, string][] => {
    const text = line.replace(/(^|\s)#.*$/, '').trim();
    if (text === '') return [];
    const found = /^(\S+)\s+(.+)$/.exec(text);
    const [name, reason] = [found?.[1] ?? '', found?.[2] ?? ''];
    const wrong = !found
      ? `expected NAME REASON, found ${JSON.stringify(text)}`
      : !known.has(name) && `there is no case ${name}`;
    if (wrong) throw new CompileError('cli/list', wrong, { file, line: i + 1 });
    return [[name, reason]];
  });
  return new Map(entries);
}

/** A report that `ghostc conform --json` wrote. Throws `cli/baseline`. */
export function readBaseline(file: string): ConformReport {
  const report = parsed(file) as Partial<ConformReport>;
  if (report?.format === 'ghostc-conform/1' && Array.isArray(report.cases)) return report as ConformReport;
  throw new CompileError('cli/baseline', 'expected the JSON of ghostc conform --json', { file });
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new CompileError('cli/baseline', error.message, { file });
    throw error;
  }
}
