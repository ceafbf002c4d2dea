import type { Outcome } from './outcome.ts';
import type { CaseReport, RuntimeName } from './run-tests.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);
}

/** Green for an error far below the bound, yellow near it; grey for a refusal, red for a failure. */
function colour({ status, ratio = 0 }: Outcome): string {
  if (status === 'refused') return '#ccc';
  if (status === 'failed') return '#d33';
  return `hsl(${Math.round(130 - 80 * Math.min(1, ratio))} 60% 55%)`;
}

/** One self-contained page: cases by runtimes, coloured by error over bound; reasons stand in the cells' titles. */
export function htmlReport(reports: readonly CaseReport[], runtimes: readonly RuntimeName[]): string {
  const rows = reports.map(
    ({ name, outcomes }) =>
      `<tr><th>${escaped(name)}</th>${runtimes.map((r) => cell(outcomes[r])).join('')}</tr>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ghostc conformance</title>
<style>
body { font: 14px sans-serif; } table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; } td { width: 6em; text-align: right; border: 1px solid #fff; }
thead th { font-weight: bold; padding-right: 1em; }
</style>
<h1>ONNX backend tests by runtime</h1>
<p>A number is the largest error over the derived bound of both sides. Grey: refused, red: failed; the reason shows on hover.</p>
<table><thead><tr><th>case</th>${runtimes.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></html>
`;
}

function cell(outcome: Outcome | undefined): string {
  if (!outcome) return '<td></td>';
  const title = outcome.reason ?? (outcome.bound ? `bound at compile time: ${outcome.bound.join(', ')}` : '');
  const text = outcome.status === 'passed' ? (outcome.ratio ?? 0).toFixed(2) : outcome.status;
  return `<td style="background:${colour(outcome)}" title="${escaped(title)}">${text}</td>`;
}
