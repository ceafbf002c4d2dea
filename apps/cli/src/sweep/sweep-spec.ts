import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { ioForms } from '@ghostc/compiler';
import { CompileError, messageOf } from '@ghostc/ir';
import { type Check, checkedFields, isOneOf } from '@ghostc/jobs';
import type { Axis, Setting, Space, Strategy } from '@ghostc/sweep';
import { importBundled } from '../load-rules.ts';
import { type Figure, figureNames, figures, isFigure } from './figures.ts';
import { bitForms } from './point-params.ts';
import type { DataSpec } from './sweep-data.ts';

/** A checked sweep. */
export interface SweepSpec {
  readonly space: Space;
  readonly objectives: readonly Figure[];
  readonly constraints: readonly Constraint[];
  /** Only points that fit their board count. */
  readonly fits: boolean;
  readonly strategy: Strategy;
  readonly measure: 'planned' | 'compiled';
  readonly seed: number;
  /** A file. */
  readonly boards?: string;
  readonly data?: DataSpec;
}

export interface Constraint {
  readonly figure: Figure;
  readonly max?: number;
  readonly min?: number;
}

interface AxisRule extends Check {
  readonly ordered: boolean;
  readonly default?: Setting;
}

const number = (least: number, expected: string): AxisRule => ({
  ok: (v) => typeof v === 'number' && Number.isFinite(v) && v >= least,
  expected,
  ordered: true,
});
const whole = (least: number): AxisRule => ({
  ok: (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= least,
  expected: `whole numbers from ${least} on`,
  ordered: true,
});
const named = (check: Check, fallback?: Setting): AxisRule => ({
  ...check,
  ordered: false,
  ...(fallback !== undefined && { default: fallback }),
});
const texts: Check = { ok: (v) => typeof v === 'string' && v.trim() !== '', expected: 'texts' };

/** Settings of a GhostNet that a spec is made of. */
const architecture: Readonly<Record<string, AxisRule>> = {
  family: named(isOneOf(['ghostnet', 'ghostnetv2', 'ghostnetv3', 'repghostnet']), 'ghostnet'),
  width: { ...number(0.01, 'widths such as 0.5'), default: 1 },
  resolution: { ...whole(1), default: 224 },
  classes: { ...whole(1), default: 1000 },
  ratio: { ...whole(2), default: 2 },
  dw: { ...whole(1), default: 3 },
  depth: { ...number(0.01, 'depths such as 0.5'), default: 1 },
  se: { ...number(0, 'squeeze ratios from 0 on, as 0.25'), default: 0.25 },
};

/** All axes in their order: what points of one model share comes first. */
const axes: Readonly<Record<string, AxisRule>> = {
  model: named({ ...texts, expected: 'models: files, or SPEC + STATE DICT' }),
  ...architecture,
  bits: named(isOneOf(bitForms), 'float'),
  io: named(isOneOf(ioForms), 'caller'),
  board: named({ ...texts, expected: 'names of boards' }),
  bands: {
    ok: (v) => v === 'none' || whole(1).ok(v),
    expected: '"none" or bytes that the arena may have',
    ordered: true,
    default: 'none',
  },
};

const isObject = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
const object: Check = { ok: isObject, expected: 'an object' };
const count: Check = { ok: (v) => whole(1).ok(v), expected: 'a whole number from 1 on' };
const seed: Check = { ok: (v) => whole(0).ok(v), expected: 'a whole number from 0 on', optional: true };

const fields: Readonly<Record<string, Check>> = {
  space: object,
  objectives: {
    ok: (v) => Array.isArray(v) && v.length > 0 && v.every(isFigure),
    expected: `a list of ${figureNames.join(', ')}`,
  },
  constraints: { ...object, optional: true },
  strategy: { ...object, optional: true },
  measure: { ...isOneOf(['planned', 'compiled']), optional: true },
  seed,
  boards: { ...texts, expected: 'a file of boards', optional: true },
  data: { ...object, optional: true },
};

/** Further options from the command line. */
export interface SpecOverrides {
  /** A board that points must fit: the only one. */
  readonly fits?: string | undefined;
}

/** Reads a sweep from JSON, or from the default export of a TypeScript or JavaScript file. Throws `sweep/spec`. */
export async function loadSweepSpec(file: string, overrides: SpecOverrides = {}): Promise<SweepSpec> {
  if (!existsSync(file)) throw new CompileError('file/missing', 'there is no such file', { file });
  const given =
    extname(file) === '.json' ? parsedJson(file) : (await importBundled(resolve(file), file)).default;
  try {
    return checkedSpec(withOverrides(given, overrides));
  } catch (error) {
    throw error instanceof CompileError ? error.at({ file }) : error;
  }
}

function parsedJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CompileError('sweep/spec', messageOf(error), { file });
  }
}

function withOverrides(given: unknown, { fits }: SpecOverrides): unknown {
  if (fits === undefined || !isObject(given)) return given;
  const { space, constraints } = given;
  return {
    ...given,
    ...(isObject(space) && { space: { ...space, board: fits } }),
    constraints: { ...(isObject(constraints) && constraints), fits: true },
  };
}

const problem = (detail: string): CompileError => new CompileError('sweep/spec', detail);

/** What `fields` leaves to be checked. */
interface GivenSpec extends Partial<Pick<SweepSpec, 'measure' | 'seed' | 'boards'>> {
  readonly space: Record<string, unknown>;
  readonly objectives: readonly Figure[];
  readonly constraints?: Record<string, unknown>;
  readonly data?: Record<string, unknown>;
  readonly strategy?: Record<string, unknown>;
}

/** Throws `sweep/spec`, which names the field, what it expects and what was found. */
export function checkedSpec(given: unknown): SweepSpec {
  const spec = checkedFields<GivenSpec>(given, fields, { where: 'sweep', problem });
  const { objectives } = spec;
  const limits = constraintsOf(spec.constraints ?? {});
  const data = spec.data && checkedFields<DataSpec>(spec.data, dataFields, { where: 'data', problem });
  const judged = [...objectives, ...limits.constraints.map(({ figure }) => figure)];
  if (!data && judged.includes('accuracy'))
    throw problem('sweep: data is missing; accuracy expects labelled items');
  return {
    space: spaceOf(spec.space),
    objectives,
    ...limits,
    strategy: strategyOf(spec.strategy ?? { kind: 'grid' }),
    measure: spec.measure ?? 'planned',
    seed: spec.seed ?? 0,
    ...(spec.boards && { boards: spec.boards }),
    ...(data && { data }),
  };
}

const text: Check = { ...texts, expected: 'a text', optional: true };
const wholeNumber: Check = { ok: Number.isSafeInteger, expected: 'a whole number', optional: true };
/** The options of `ghostc evaluate`. */
const dataFields: Readonly<Record<keyof DataSpec, Check>> = {
  path: { ...texts, expected: 'a folder or a file' },
  ...{ labels: text, classes: text, labelOffset: wholeNumber, limit: { ...count, optional: true } },
  dtype: { ...isOneOf(['u8', 'f32']), optional: true },
  layout: { ...isOneOf(['nchw', 'nhwc']), optional: true },
  order: { ...isOneOf(['rgb', 'bgr']), optional: true },
  ...{ shape: text, mean: text, std: text, scale: text, resize: text, crop: text },
};

function spaceOf(given: Record<string, unknown>): Space {
  const optional = Object.fromEntries(
    Object.keys(axes).map((name) => [name, { ok: () => true, expected: '', optional: true } as const]),
  );
  checkedFields(given, optional, { where: 'space', problem });
  const clash = 'model' in given && Object.keys(architecture).find((name) => name in given);
  if (clash) throw problem(`space: ${clash} is a setting of a GhostNet, and model names one as it is`);
  if (!('board' in given)) throw problem('space: board is missing; expected names of boards');
  const left = 'model' in given ? Object.keys(architecture) : ['model'];
  return Object.entries(axes)
    .filter(([name]) => !left.includes(name))
    .map(([name, rule]) => axisOf(name, rule, given[name] ?? rule.default));
}

function axisOf(name: string, { ok, expected, ordered }: AxisRule, given: unknown): Axis {
  const values = isObject(given) ? rangeOf(name, given) : Array.isArray(given) ? given : [given];
  const bad = values.find((value) => !ok(value));
  if (values.length === 0 || bad !== undefined || new Set(values).size < values.length) {
    const found = bad === undefined ? values : bad;
    throw problem(`space: ${name} expects different ${expected}, found ${JSON.stringify(found)}`);
  }
  return { name, values: values as Setting[], ordered };
}

/** Both ends included. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const MAX_STEPS = 10_000;
const rangeFields = Object.fromEntries(
  ['from', 'to', 'step'].map((name) => [
    name,
    { ok: (v: unknown) => typeof v === 'number' && Number.isFinite(v), expected: 'a number' },
  ]),
);

function rangeOf(name: string, given: Record<string, unknown>): number[] {
  const where = `space: ${name}`;
  const { from, to, step } = checkedFields<Range>(given, rangeFields, { where, problem });
  const steps = Math.floor((to - from) / step + 1e-9);
  if (!(steps >= 0 && steps <= MAX_STEPS && step > 0))
    throw problem(`${where} expects at most ${MAX_STEPS} steps upwards, found ${JSON.stringify(given)}`);
  return Array.from({ length: steps + 1 }, (_, i) => Number((from + i * step).toPrecision(12)));
}

type Limits = { readonly fits?: boolean } & { readonly [F in Figure]?: unknown };

function constraintsOf(given: Record<string, unknown>): Pick<SweepSpec, 'constraints' | 'fits'> {
  const limit = { ok: isObject, expected: 'an object with max or min', optional: true } as const;
  const checks = {
    fits: { ...isOneOf([true, false]), optional: true } as const,
    ...Object.fromEntries(figureNames.map((name) => [name, limit])),
  };
  const { fits = false, ...limits } = checkedFields<Limits>(given, checks, { where: 'constraints', problem });
  const bound: Check = { ok: (v) => Number.isFinite(v), expected: 'a number', optional: true };
  const constraints = figureNames.flatMap((figure) => {
    const one = limits[figure];
    if (one === undefined) return [];
    const where = `constraints: ${figure}`;
    return {
      figure,
      ...checkedFields<Omit<Constraint, 'figure'>>(one, { max: bound, min: bound }, { where, problem }),
    };
  });
  return { constraints, fits };
}

const strategies: Readonly<Record<Strategy['kind'], Readonly<Record<string, Check>>>> = {
  grid: {},
  random: { points: count, seed },
  nsga2: { population: count, generations: count, seed },
};

function strategyOf(given: Record<string, unknown>): Strategy {
  const kind = isOneOf(Object.keys(strategies));
  const own = Object.entries(strategies).find(([name]) => name === given.kind)?.[1];
  if (!own) throw problem(`strategy: kind expects ${kind.expected}, found ${JSON.stringify(given.kind)}`);
  checkedFields(given, { kind, ...own }, { where: 'strategy', problem });
  return checkedFields<Strategy>(
    { seed: 1, ...given },
    { kind, seed, ...own },
    { where: 'strategy', problem },
  );
}

/** -1 where less is better, 1 where more is. */
export function senseOf(figure: Figure): 1 | -1 {
  return figures[figure].goal === 'max' ? 1 : -1;
}
