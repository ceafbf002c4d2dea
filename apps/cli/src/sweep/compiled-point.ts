import { compileFiles, type OutputFiles, type Target } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import type { Store } from '@ghostc/jobs';
import { findBoard } from '../fit/board-table.ts';
import { pointModel } from './prepared-model.ts';
import { readPoints } from './read-points.ts';
import type { PointLine } from './run-sweep.ts';
import { SweepPoints } from './sweep-points.ts';
import type { SweepSpec } from './sweep-spec.ts';

export interface CompileRequest {
  readonly id: string;
  readonly target: Target;
  readonly store: Store;
  /** The file of points. */
  readonly file: string;
}

/** The files of a point, compiled as it was measured. Throws `sweep/point` where no point has that id. */
export async function compiledPoint(
  spec: SweepSpec,
  { id, target, store, file }: CompileRequest,
): Promise<OutputFiles> {
  const line = await lineOf(id, file);
  const genome = spec.space.map(({ name, values }) => values.indexOf(line.settings[name] ?? ''));
  const { model, place } = await new SweepPoints(spec, store).pointAt(genome);
  const { graph } = await pointModel(model, store);
  const { io, bands, board } = place;
  const { device } = typeof board === 'string' ? findBoard(board) : board;
  const name = `point_${line.id}`;
  return compileFiles(graph, target, { name, device, io, maxRam: bands ?? undefined });
}

async function lineOf(id: string, file: string): Promise<PointLine> {
  const found: PointLine[] = [];
  for await (const line of readPoints(file)) if (line.id.startsWith(id)) found.push(line);
  const [line, second] = found;
  if (line && !second) return line;
  const what = line ? `${found.length} of them` : 'none';
  throw new CompileError('sweep/point', `expected a point with the id ${id}, found ${what}`, { file });
}
