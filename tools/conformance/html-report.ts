import type { CaseReport } from './case.ts';
import type { Outcome } from './outcome.ts';
import type { Result } from './printer.ts';
import { isPeer, type RuntimeName } from './runtime-names.ts';
import { isOnnxTest, share, tally } from './summary.ts';

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

/** Hues from green, no error, over yellow to orange, the whole bound; grey for a refusal, red for a failure. */
function colour({ status, ratio = 0 }: Outcome): string {
  if (status === 'failed') return '#c1121f';
  if (status !== 'passed') return '#c9ccd1';
  return `hsl(${Math.round(145 - 110 * Math.sqrt(Math.min(1, ratio)))} 60% 58%)`;
}

/** One self-contained page: backends by cases, coloured by error over bound, with the numbers and reasons of every case. */
export function htmlReport({ reports, runtimes, missing }: Result): string {
  const absent = [...missing]
    .map(([name, why]) => `<p>${escaped(`${name} did not run: ${why}`)}</p>`)
    .join('');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ghostc conformance</title>
<style>${style}</style>
<h1>Conformance: backends by cases</h1>
<p>A case passes on a backend when every element of its outputs differs by less than its bound, derived from the computation.
The colour is the largest error over that bound.</p>
<p class="legend">${legend()}</p>
${summary('ONNX backend tests', reports.filter(isOnnxTest), runtimes)}
${summary(
  'Cases of packages/conformance',
  reports.filter((one) => !isOnnxTest(one)),
  runtimes,
)}
${absent}
<h2>All cases, one square each</h2>
${runtimes.map((runtime) => strip(reports, runtime)).join('\n')}
<h2>Every case</h2>
<p>Error over bound; <b>≈</b>: against a fixed tolerance, where no bound can be derived. Below it the largest distance in units
in the last place of the output's own type, and after the slash what WebNN's tests allow the op, where the case has one.</p>
<p><label>Only names with <input id="name" type="search"></label>
<label><input id="odd" type="checkbox"> only cases that some backend does not pass</label></p>
<table class="cases"><thead><tr><th>case</th>${runtimes.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>
${reports.map((report) => row(report, runtimes)).join('\n')}
</tbody></table>
<script>${script}</script></html>
`;
}

const style = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #1b1f24; max-width: 110em; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; padding-right: 1em; }
td { text-align: right; padding: 1px 6px; }
thead th { font-weight: 600; position: sticky; top: 0; background: #fff; }
.counts thead th { text-align: right; padding: 1px 6px; } .counts thead th:first-child { text-align: left; }
.cases td { border: 1px solid #fff; min-width: 5.5em; font-size: 12px; } .cases small { display: block; opacity: .7; }
.strip { display: flex; gap: 8px; margin: 0 0 10px; } .strip b { width: 6.5em; flex: none; font-weight: 600; }
.strip div { display: flex; flex-wrap: wrap; gap: 1px; } .strip i { width: 8px; height: 8px; }
.legend i { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 12px; vertical-align: -1px; }`;

const script = `
const name = document.getElementById('name'), odd = document.getElementById('odd');
const show = () => { for (const row of document.querySelectorAll('.cases tbody tr'))
  row.hidden = !row.dataset.name.includes(name.value) || (odd.checked && !('odd' in row.dataset)); };
name.oninput = odd.onchange = show;`;

function legend(): string {
  const samples: readonly [string, Outcome][] = [
    ['equal', { status: 'passed', ratio: 0 }],
    ['a tenth of the bound', { status: 'passed', ratio: 0.1 }],
    ['half', { status: 'passed', ratio: 0.5 }],
    ['the whole bound', { status: 'passed', ratio: 1 }],
    ['refused by name', { status: 'refused' }],
    ['failed', { status: 'failed' }],
  ];
  return samples.map(([text, outcome]) => `<i style="background:${colour(outcome)}"></i>${text}`).join('');
}

function summary(title: string, reports: readonly CaseReport[], runtimes: readonly RuntimeName[]): string {
  if (reports.length === 0) return '';
  const columns = ['cases', 'passed', 'refused', 'failed', 'absent', 'bound'] as const;
  const rows = runtimes.map((runtime) => {
    const one = tally(reports, runtime);
    const cells = [...columns.map((name) => String(one[name])), share(one)];
    const ours = isPeer(runtime) ? '' : ' <small>(ours)</small>';
    return `<tr><th>${escaped(runtime)}${ours}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['backend', ...columns, 'share'].map((text) => `<th>${text}</th>`).join('');
  return `<h2>${title}</h2>
<table class="counts"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function strip(reports: readonly CaseReport[], runtime: RuntimeName): string {
  const squares = reports.map(({ name, outcomes }) => {
    const outcome = outcomes[runtime];
    if (!outcome) return '<i></i>';
    return `<i style="background:${colour(outcome)}" title="${escaped(`${name}: ${titleOf(outcome)}`)}"></i>`;
  });
  return `<div class="strip"><b>${escaped(runtime)}</b><div>${squares.join('')}</div></div>`;
}

function row({ name, outcomes }: CaseReport, runtimes: readonly RuntimeName[]): string {
  const odd = runtimes.some((runtime) => outcomes[runtime] && outcomes[runtime].status !== 'passed');
  const cells = runtimes.map((runtime) => cell(outcomes[runtime])).join('');
  return `<tr data-name="${escaped(name)}"${odd ? ' data-odd' : ''}><th>${escaped(name)}</th>${cells}</tr>`;
}

function cell(outcome: Outcome | undefined): string {
  if (!outcome) return '<td></td>';
  const text = outcome.status === 'passed' ? numbersOf(outcome) : outcome.status;
  return `<td style="background:${colour(outcome)}" title="${escaped(titleOf(outcome))}">${text}</td>`;
}

function numbersOf({ ratio = 0, tolerance, ulp, webnnUlp }: Outcome): string {
  const allowed = webnnUlp === undefined ? '' : ` / ${webnnUlp}`;
  const units = ulp === undefined ? '' : `<small>${brief(ulp)}${allowed} ulp</small>`;
  return `${tolerance ? '≈ ' : ''}${ratio.toFixed(2)}${units}`;
}

/** A whole number of units in few characters. */
function brief(ulp: number): string {
  return ulp < 1e5 ? String(Math.round(ulp)) : ulp.toExponential(0);
}

function titleOf({ status, reason, bound, tolerance, ratio }: Outcome): string {
  const parts = [
    status === 'passed'
      ? `passed, error over bound ${(ratio ?? 0).toPrecision(2)}`
      : `${status}: ${reason ?? ''}`,
    ...(tolerance ? [`fixed tolerance: ${tolerance}`] : []),
    ...(bound ? [`bound at compile time: ${bound.join(', ')}`] : []),
  ];
  return parts.join('; ');
}
