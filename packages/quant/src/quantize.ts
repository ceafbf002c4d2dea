import { type Graph, type Node, verify } from '@ghostc/ir';
import { defaultRounding, type Rounding, registry } from '@ghostc/ops';
import { runPasses, splitForIntegers } from '@ghostc/passes';
import { type Calibration, calibrate, first, type Samples } from './calibrate.ts';
import type { CalibrationMethod } from './choose-range.ts';
import { equalizeLayers } from './equalize.ts';
import { type Fitted, fitWeights } from './fit-weights.ts';
import { GraphQuantizer } from './graph-quantizer.ts';
import { planScales, type QuantPlan } from './quant-plan.ts';
import {
  type PrecisionBudget,
  type PrecisionSearch,
  searchPrecision,
  withWideTail,
} from './search-precision.ts';
import { type LayerSensitivity, measureSensitivity, runFloat } from './sensitivity.ts';
import type { WeightLevels } from './weight-scale.ts';

/** Options of `quantize`. */
export interface QuantizeOptions {
  /** How a range is chosen from the calibration data; min-max if absent. */
  readonly method?: CalibrationMethod | undefined;
  /** Values inside the range, in percent, for `percentile`; 99.99 if absent. */
  readonly percentile?: number | undefined;
  /** Cross-layer equalisation before calibration. */
  readonly equalize?: boolean | undefined;
  /**
   * Fitted layer by layer, given the integer layers before: `biases`, so that the mean of each channel is
   * right; `weights`, least squares over the samples with rounding errors compensated, and biases. Rounded to
   * the nearest if absent.
   */
  readonly fit?: Fitted | undefined;
  /** The last layers get 16-bit activations, up to this fraction of the multiply-accumulates; 0 if absent. */
  readonly int16Part?: number | undefined;
  /** Zero points of activations are 0, as TensorRT requires; if absent, chosen for the finest steps. */
  readonly symmetric?: boolean | undefined;
  /**
   * `pairs`: weights so small that the sum of two products with 99 % of the u8 inputs is within int16, where
   * x86 without VNNI saturates. `all` if absent.
   */
  readonly weightLevels?: WeightLevels | undefined;
  /** Element type of inputs and outputs; float if absent. */
  readonly io?: 'float' | 'int8' | undefined;
  /**
   * How requantisation rounds. `double` if absent, as TFLite: its reference kernels give the same bits. ONNX
   * Runtime rounds once; `single` matches its QDQ except for 0.003 % of a layer's elements, where `double` is
   * a step off on up to 2.1 %.
   */
  readonly rounding?: Rounding | undefined;
  /** Measures the effect on the outputs of quantising each layer separately, on this many samples. */
  readonly reportSamples?: number | undefined;
  /** Keeps the most sensitive layers out of int8; measured on `reportSamples` samples, or 4. */
  readonly keep?: PrecisionBudget | undefined;
  /** Called after each sample or layer of each step. */
  readonly onProgress?: ((step: string, done: number) => void) | undefined;
}

/** A quantised graph, and how it was produced. */
export interface QuantizedModel {
  readonly graph: Graph;
  /** The float graph that was calibrated: lowered, split where integers need it, equalised. */
  readonly float: Graph;
  readonly calibration: Calibration;
  readonly plan: QuantPlan;
  /** Nodes of the quantised graph that compute in float because they have no integer form. */
  readonly leftInFloat: readonly Node[];
  readonly warnings: readonly string[];
  /**
   * If requested: the layers, the most sensitive first; those kept out of int8; signal-to-noise ratio of the
   * outputs in dB.
   */
  readonly report?: QuantReport | undefined;
}

/** The effect on the outputs of quantising each layer; SQNR in dB. */
export interface QuantReport {
  readonly layers: readonly LayerSensitivity[];
  readonly kept: readonly LayerSensitivity[];
  readonly sqnr: number;
}

const REPORT_SAMPLES = 4;

/**
 * Post-training quantisation of a lowered float graph: int8 weights per output channel, int8 activations per
 * tensor, int32 biases; values that a concat joins share one scale. Throws `quant/calibration` for unusable
 * data.
 */
export function quantize(lowered: Graph, samples: Samples, options: QuantizeOptions = {}): QuantizedModel {
  const prepared = prepare(lowered, samples, options);
  return finish(prepared, samples, options);
}

/** The second part of `quantize`, on a calibrated graph. */
export function finish(prepared: Prepared, samples: Samples, options: QuantizeOptions): QuantizedModel {
  const plan = planOf(prepared, samples, options);
  if (!options.reportSamples && !options.keep)
    return { ...prepared, plan, ...rewrite(prepared, plan, options) };
  const search = searchLayers(prepared.float, samples, { plan, options });
  const { kept, sqnr, layers } = search;
  const { warnings, ...rewritten } = rewrite(prepared, search.plan, options);
  return {
    ...prepared,
    ...{ plan: search.plan, ...rewritten, report: { layers, kept, sqnr } },
    warnings: [...warnings, ...budgetWarning(search, options.keep)],
  };
}

function planOf({ float, calibration }: Prepared, samples: Samples, options: QuantizeOptions): QuantPlan {
  const { fit, rounding = defaultRounding, onProgress } = options;
  const { method = 'minmax', percentile = 99.99, symmetric = false, weightLevels = 'all' } = options;
  const ranges = { method, percentile, symmetric, weightLevels, rounding };
  const plan = withWideTail(float, planScales(float, calibration, ranges), options.int16Part ?? 0);
  if (!fit) return plan;
  const onLayer = (done: number): void => onProgress?.(`fitting ${fit}`, done);
  return fitWeights(float, samples, { plan, fit, rounding, onLayer });
}

function budgetWarning({ kept, sqnr }: PrecisionSearch, budget: PrecisionBudget | undefined): string[] {
  const goal = budget?.minSqnr ?? Number.NEGATIVE_INFINITY;
  if (sqnr >= goal) return [];
  return [
    `with ${kept.length} layers kept out of int8 the outputs reach ${sqnr.toFixed(1)} dB, not ${goal} dB`,
  ];
}

/** The sensitivity of each layer, and the plan after the search if there is a budget. */
function searchLayers(
  float: Graph,
  samples: Samples,
  { plan, options }: { plan: QuantPlan; options: QuantizeOptions },
): PrecisionSearch & { layers: readonly LayerSensitivity[] } {
  const runs = runFloat(float, first(samples, options.reportSamples ?? REPORT_SAMPLES));
  const onLayer = (done: number): void => options.onProgress?.('measuring layers', done);
  const layers = measureSensitivity(float, { plan, runs, onLayer });
  const budget = options.keep ?? { keep: 'float', layers: 0 };
  return { ...searchPrecision(float, budget, { plan, runs, ranking: layers }), layers };
}

/** A float graph that was calibrated. */
export type Prepared = Pick<QuantizedModel, 'float' | 'calibration'>;

/** The first part of `quantize`: equalisation and calibration. */
export function prepare(lowered: Graph, samples: Samples, options: QuantizeOptions): Prepared {
  const float = lowered.clone();
  runPasses(float, [splitForIntegers]);
  const report = (step: string) => ({ onSample: (done: number) => options.onProgress?.(step, done) });
  if (options.equalize) equalizeLayers(float, samples, report('equalising'));
  return { float, calibration: calibrate(float, samples, report('calibrating')) };
}

/** The quantised graph under a plan, and the nodes left in float. */
function rewrite(
  { float, calibration }: Prepared,
  plan: QuantPlan,
  { io = 'float', rounding = defaultRounding }: QuantizeOptions,
): Pick<QuantizedModel, 'graph' | 'leftInFloat' | 'warnings'> {
  const quantizer = new GraphQuantizer(float, plan, { io, rounding });
  const graph = quantizer.run();
  verify(graph, registry);
  const { leftInFloat } = quantizer;
  const warnings = leftInFloat.map(
    (node) => `${node.origin[0] ?? node.output.name} (${node.op}) has no integer form and stays in float`,
  );
  return { graph, leftInFloat, warnings: [...calibration.warnings, ...warnings] };
}
