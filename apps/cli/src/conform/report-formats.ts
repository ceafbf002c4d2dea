import { escapeHtml } from '../escape-html.ts';
import type { CaseResult, JudgedResult } from './case-result.ts';
import type { ConformReport } from './conform-report.ts';

/** JUnit's XML, a test case a case, as CI systems read it. */
export async function junitXml({ runtime, cases }: ConformReport): Promise<string> {
  const { default: builder } = await import('junit-report-builder');
  const report = builder.newBuilder();
  const suite = report.testSuite().name(`ghostc conform ${runtime}`);
  for (const one of cases) {
    const test = suite
      .testCase()
      .name(one.name)
      .className(runtime)
      .time(Number(one.seconds.toFixed(3)));
    if (one.problem !== undefined) test.failure(one.problem, one.status);
    else if (one.status !== 'pass') test.skipped().standardOutput(skipReason(one));
  }
  return report.build();
}

/** Test Anything Protocol, version 14. A case that fails as expected is `not ok` with the directive TODO. */
export function tap({ cases }: ConformReport): string {
  const lines = cases.map((one, i) => {
    const { name, status, problem } = one;
    const title = `${i + 1} - ${name.replace(/#/g, '\\#')}`;
    if (problem !== undefined)
      return `not ok ${title}\n  ---\n  message: ${JSON.stringify(oneLine(problem))}\n  ...`;
    if (status === 'pass') return `ok ${title}`;
    return one.expected === undefined
      ? `ok ${title} # SKIP ${skipReason(one)}`
      : `not ok ${title} # TODO ${skipReason(one)}`;
  });
  return `TAP version 14\n1..${cases.length}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** Why a case that does not pass is no problem. */
function skipReason({ expected, status, message }: JudgedResult): string {
  const found = message ? `${status}: ${message}` : status;
  return oneLine(expected === undefined ? found : `${expected} (${found})`);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** An SVG such as those of shields.io: how many cases pass of those that the engine did not refuse. */
export async function badge({ cases, problems }: ConformReport): Promise<string> {
  const { makeBadge } = await import('badge-maker');
  const passed = cases.filter(({ status }) => status === 'pass').length;
  const asked = cases.filter(({ status }) => status !== 'refused' && status !== 'unread').length;
  const color = problems.length ? 'red' : 'brightgreen';
  return makeBadge({ label: 'ghostc conformance', message: `${passed} of ${asked}`, color });
}

const COLOURS: Readonly<Record<CaseResult['status'], string>> = {
  pass: '#1a7f37',
  refused: '#6e7781',
  unread: '#6e7781',
  flaky: '#bf8700',
  fail: '#c1121f',
  error: '#c1121f',
  crash: '#c1121f',
  timeout: '#c1121f',
};

/** One page without scripts or anything from outside: problems first, then every case. */
export function htmlPage(report: ConformReport): string {
  const { runtime, cases, problems } = report;
  const counts = [...countsOf(cases)].map(([status, count]) => `${count} ${status}`).join(', ');
  const list = problems.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Conformance of ${escapeHtml(runtime)}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 2px 8px; border-bottom: 1px solid #e3e6ea; vertical-align: top; }
td.n, th.n { text-align: right; } td.words, li { overflow-wrap: anywhere; }
</style>
<h1>Conformance of ${escapeHtml(runtime)}</h1>
<p>${cases.length} cases: ${counts}.</p>
${problems.length ? `<h2>${problems.length} problems</h2>\n<ul>\n${list}\n</ul>` : '<p>No problems.</p>'}
<h2>Cases</h2>
<table><tr><th>case</th><th>outcome</th><th class="n">error over bound</th><th class="n">ms</th><th></th></tr>
${[...cases]
  .sort((a, b) => Number(b.problem !== undefined) - Number(a.problem !== undefined))
  .map(htmlRow)
  .join('\n')}
</table></html>
`;
}

function htmlRow(one: JudgedResult): string {
  const { name, status, ratio, seconds } = one;
  const words = one.problem ?? (status === 'pass' ? '' : skipReason(one));
  return `<tr><td>${escapeHtml(name)}</td><td style="color:${COLOURS[status]}">${status}</td><td class="n">${ratio === null ? '' : ratio.toPrecision(2)}</td><td class="n">${(1000 * seconds).toFixed(1)}</td><td class="words">${escapeHtml(words)}</td></tr>`;
}

/** How many cases have each status, in the order in which they are met. */
export function countsOf(cases: readonly CaseResult[]): Map<CaseResult['status'], number> {
  const counts = new Map<CaseResult['status'], number>();
  for (const { status } of cases) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
