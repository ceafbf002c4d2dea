import { CompileError, type Graph, type Node, type QuantParams, type Value } from '@ghostc/ir';
import { type Rounding, referenceRange } from '@ghostc/ops';
import type { Calibration } from './calibrate.ts';
import { chooseRange, type RangeOptions } from './choose-range.ts';
import { type ActivationDType, activationQuant, type Range } from './quant-range.ts';
import type { ChosenWeight } from './quantize-weight.ts';
import { carriedInputs, carriesScale, findScaleGroups } from './scale-groups.ts';
import { ValueStatistics } from './value-statistics.ts';
import { pairLimit, type ScaleOf, type WeightLevels, weightScaleOf } from './weight-scale.ts';

/** The precision of a node: int8, 16-bit activations with 8-bit weights, or float32. */
export type Precision = 'int8' | 'int16' | 'float';

/** The decisions of the quantiser, before rewriting. */
export interface QuantPlan {
  /** Scale and zero point of a value of the float graph, as integers of a type. */
  readonly quantOf: (value: Value, dtype: ActivationDType) => QuantParams;
  /** Real range of a value's integers. */
  readonly rangeOf: (value: Value) => Range;
  readonly precisionOf: (node: Node) => Precision;
  /**
   * The weight and bias chosen for a layer whose input is quantised this way; absent if they are only
   * rounded.
   */
  readonly weightOf?: ((node: Node, input: Value) => ChosenWeight | undefined) | undefined;
  /** Scales of a layer's weights. */
  readonly scaleOf: (node: Node) => ScaleOf;
  /** The range that a value's integers cover, from its statistics. */
  readonly cover: (range: Range) => Range;
  /** Range of a constant that shares its scale with computed values; undefined for others. */
  readonly constantRange: (value: Value) => Range | undefined;
}

/** How ranges are chosen. */
export interface ScaleOptions extends RangeOptions {
  /** `double`: sigmoid and tanh have the range that TFLite's kernels require. */
  readonly rounding: Rounding;
  /** Zero points of activations are 0. */
  readonly symmetric: boolean;
  readonly weightLevels: WeightLevels;
}

/** Beyond the u8 level of so many of its inputs a layer may saturate: a limit for all of them costs more than they do. */
const USUAL = 0.99;

/** Chooses one range for each group of values that share a scale, from the statistics of all of them. */
export function planScales(graph: Graph, { statistics }: Calibration, options: ScaleOptions): QuantPlan {
  const groups = findScaleGroups(graph);
  const cover = options.symmetric ? symmetricRange : (range: Range): Range => range;
  const all = new Map([...statistics, ...carriedConstants(graph)]);
  for (const node of graph.nodes())
    for (const input of carriedInputs(node)) if (input.constant) groups.unite(node.output, input);
  const ranges = new Map<Value, Range>();
  for (const [root, members] of groups.members(all.keys()))
    ranges.set(root, cover(groupRange(members, all, options)));
  const rangeOf = (value: Value): Range => ranges.get(groups.root(value)) ?? missing(value);
  const usualLevel = ({ inputs: [x] }: Node): number => {
    const values = x && statistics.get(x)?.histogram;
    if (!values) return 255;
    const { low, high } = rangeOf(x);
    return (255 * (values.quantile(USUAL) - low)) / (high - low);
  };
  return {
    rangeOf,
    cover,
    quantOf: (value, dtype) => activationQuant(rangeOf(value), dtype),
    precisionOf: () => 'int8',
    scaleOf: (node) =>
      weightScaleOf(node, options.weightLevels === 'pairs' ? pairLimit(usualLevel(node)) : undefined),
    constantRange: (value) => ranges.get(groups.root(value)),
  };
}

function groupRange(
  members: readonly Value[],
  all: ReadonlyMap<Value, ValueStatistics>,
  options: ScaleOptions,
): Range {
  const [source, ...others] = members.filter(({ producer }) => !producer || !carriesScale(producer));
  const kernel = source?.producer && !others.length ? referenceRange(source.producer.op) : undefined;
  if (kernel && options.rounding === 'double' && !options.symmetric) return kernel;
  const parts = members.flatMap((value) => all.get(value) ?? []);
  return chooseRange(parts.length === 1 && parts[0] ? parts[0] : ValueStatistics.join(parts), options);
}

/** Constants that a concat joins to computed values share their scale. */
function carriedConstants(graph: Graph): Map<Value, ValueStatistics> {
  const found = new Map<Value, ValueStatistics>();
  for (const node of graph.nodes())
    for (const input of carriedInputs(node)) if (input.constant) found.set(input, constantStatistics(input));
  return found;
}

/** Statistics of a constant: its elements, counted once. */
export function constantStatistics(value: Value): ValueStatistics {
  const statistics = new ValueStatistics();
  statistics.add((value.constant?.data ?? []) as ArrayLike<number>);
  return statistics;
}

/** Symmetric, with one more level below, as in int8: the zero point is 0. */
function symmetricRange({ low, high }: Range): Range {
  const most = Math.max(-low, high);
  return { low: (-most * 128) / 127, high: most };
}

function missing(value: Value): never {
  throw new CompileError('quant/range', `%${value.name} was not seen in calibration`);
}
