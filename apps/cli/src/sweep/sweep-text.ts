import { formatCount, formatTable } from '../format.ts';
import { type Figure, figures } from './figures.ts';
import type { PointResult } from './point-job.ts';
import { figureOf, type PointLine, type SweepOutcome } from './run-sweep.ts';
import type { SweepSpec } from './sweep-spec.ts';

/** A point that was not refused. */
export type MeasuredLine = PointLine & { readonly result: PointResult };

/** What `ghostc sweep` prints: the Pareto front, best of the first objective first. */
export function sweepText(spec: SweepSpec, outcome: SweepOutcome, front: readonly MeasuredLine[]): string {
  const varied = variedAxes(spec);
  const columns = shownFigures(spec);
  const rows = front.map(({ id, settings, result }) => [
    id,
    ...varied.map((name) => String(settings[name])),
    ...columns.map((figure) => formatFigure(figure, figureOf(result, figure))),
  ]);
  const unit = (figure: Figure): string =>
    figures[figure].unit ? `${figure}, ${figures[figure].unit}` : figure;
  const head = ['point', ...varied, ...columns.map(unit)];
  const { points, resumed, failed } = outcome;
  return [
    `${formatCount(points)} points${resumed ? `, ${formatCount(resumed)} of them from before` : ''}; ${front.length} that no other beats:`,
    formatTable(head, rows),
    ...failed.map(({ id, failure }) => `${id} was not measured: ${failure.code}: ${failure.message}`),
  ].join('\n');
}

/** Axes with more than one value. */
export function variedAxes({ space }: SweepSpec): string[] {
  return space.filter(({ values }) => values.length > 1).map(({ name }) => name);
}

/** Objectives, and figures that are limited. */
export function shownFigures({ objectives, constraints }: SweepSpec): Figure[] {
  return [...new Set([...objectives, ...constraints.map(({ figure }) => figure)])];
}

export function formatFigure(figure: Figure, value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'float';
  if (figure === 'sqnr' || figure === 'accuracy') return value.toFixed(1);
  return figure === 'seconds' ? value.toPrecision(3) : formatCount(value);
}

/** In order of the first objective. */
export function sortedFront(spec: SweepSpec, points: readonly PointLine[]): MeasuredLine[] {
  const [first = 'ram'] = spec.objectives;
  const sense = figures[first].goal === 'max' ? -1 : 1;
  const value = ({ result }: MeasuredLine): number => sense * figureOf(result, first);
  const measured = points.flatMap(({ result, ...line }) =>
    'refused' in result ? [] : [{ ...line, result }],
  );
  return measured.toSorted((a, b) => value(a) - value(b) || (a.id < b.id ? -1 : 1));
}
