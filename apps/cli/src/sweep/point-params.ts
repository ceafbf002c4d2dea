import { type IoForm, ioForms } from '@ghostc/compiler';
import { isModelSpec } from '@ghostc/ghostnet';
import { CompileError } from '@ghostc/ir';
import { type Check, checkedFields, isHash, isOneOf, isWhole, type Json } from '@ghostc/jobs';
import type { BoardFacts } from '../fit/board-facts.ts';
import type { StoredModel } from '../jobs/stored-model.ts';

export const bitForms = ['float', 'int8'] as const;
export type BitForm = (typeof bitForms)[number];

/**
 * Everything that does not depend on where a model runs. Files are given by the hashes under which the store
 * has them.
 */
export interface ModelParams extends StoredModel {
  readonly seed: number;
  readonly bits: BitForm;
  readonly sqnr: boolean;
  /** Hash of labelled items, which calibrate the integers and are what SQNR and accuracy are measured on. */
  readonly data?: string;
}

/** Where and how a model runs. */
export type Place = {
  /** A board of ghostc's table, or what planning needs of another. */
  readonly board: string | PlannedBoard;
  readonly io: IoForm;
  /** Most bytes of the arena, in bands of rows where it would be larger. */
  readonly bands: number | null;
  readonly measure: 'planned' | 'compiled';
};

/** A job: points of one model, which is prepared once. */
export type PointsParams = ModelParams & { readonly places: readonly Place[] };

/** A board without its compiler: a message names no program to run. */
export type PlannedBoard = Omit<BoardFacts, 'compiler' | 'ram'> & {
  readonly ram: readonly { readonly name: string; readonly bytes: number }[];
};

const orNull = ({ ok, expected }: Check): Check => ({
  ok: (v) => v === null || ok(v),
  expected: `${expected}, or null`,
});

const modelFields: Readonly<Record<keyof ModelParams, Check>> = {
  model: {
    ok: (v) => isHash.ok(v) || (typeof v === 'string' && isModelSpec(v)),
    expected: 'a spec or a hash',
  },
  weights: orNull(isHash),
  seed: isWhole,
  bits: isOneOf(bitForms),
  sqnr: isOneOf([true, false]),
  data: { ...isHash, optional: true },
};

const placeFields: Readonly<Record<keyof Place, Check>> = {
  board: {
    ok: (v) => typeof v === 'string' || (typeof v === 'object' && v !== null),
    expected: 'a board',
  },
  io: isOneOf(ioForms),
  bands: orNull(isWhole),
  measure: isOneOf(['planned', 'compiled']),
};

const places: Check = { ok: (v) => Array.isArray(v) && v.length > 0, expected: 'a list of places' };
const problem = (detail: string): CompileError => new CompileError('sweep/point', detail);

/** Parameters that may have come from another machine. Throws `sweep/point`. */
export function checkedParams(params: Json): PointsParams {
  const place = { where: 'points', problem };
  const checked = checkedFields<PointsParams>(params, { ...modelFields, places }, place);
  for (const one of checked.places) checkedFields(one, placeFields, { where: 'place', problem });
  return checked;
}
