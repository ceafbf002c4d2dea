import { escapeHtml } from '../escape-html.ts';
import { figures } from './figures.ts';
import pageScript from './page-script.txt';
import { figureOf, type PointLine, type SweepOutcome } from './run-sweep.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { formatFigure, shownFigures, variedAxes } from './sweep-text.ts';

const style = `body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; color: #1b1f24; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; }
th, td { text-align: right; padding: 2px 8px; border-bottom: 1px solid #e3e6ea; } th:first-child, td:first-child { text-align: left; }
tr.chosen td { background: #fff3d6; } .low { color: #57606a; } label { margin-right: 1rem; }
svg { display: block; width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #57606a; }
svg .point { cursor: pointer; } #detail { min-height: 3rem; } code { background: #f3f4f6; padding: 1px 4px; }`;

/** One self-contained HTML page with the Pareto plot: axes and colour can be chosen, points have labels. */
export function sweepPage(
  spec: SweepSpec,
  { outcome, points }: { outcome: SweepOutcome; points: readonly PointLine[] },
  title: string,
): string {
  const data = JSON.stringify(pageData(spec, outcome, points)).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>
${style}
</style>
<h1>${escapeHtml(title)}</h1>
<p class="low">${points.length} points, ${outcome.front.length} on the Pareto front of ${spec.objectives.join(', ')}. Filled: on the front; pale: dominated, or off a constraint. A click keeps a point; <code>ghostc sweep SPEC --compile ID</code> compiles it.</p>
<p id="choice"></p>
<div id="picture"></div>
<p id="detail" class="low">Point at a dot.</p>
<table id="front"></table>
<script type="application/json" id="data">${data}</script>
<script type="module">
${pageScript}
</script>
</html>
`;
}

/** What the script of the page draws. Infinite SQNR is null. */
function pageData(spec: SweepSpec, { front }: SweepOutcome, points: readonly PointLine[]): object {
  const names = shownFigures(spec);
  const axes = variedAxes(spec);
  const onFront = new Set(front);
  const rows = points.flatMap(({ id, settings, result }) => {
    if ('refused' in result) return [];
    const values = names.map((figure) => figureOf(result, figure));
    return [
      {
        id,
        front: onFront.has(id),
        settings: axes.map((name) => settings[name]),
        values: values.map((value) => (Number.isFinite(value) ? value : null)),
        texts: names.map((figure) => formatFigure(figure, figureOf(result, figure))),
      },
    ];
  });
  return { axes, figures: names.map((name) => ({ name, ...figures[name] })), rows };
}
