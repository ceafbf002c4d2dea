import {
  compareTensors,
  type DataSet,
  difference,
  exact,
  type Runtime,
  type RuntimeResult,
  runEach,
  type Tensors,
  unmeasured,
} from '@ghostc/conformance';
import { type Graph, messageOf, type Tensor, toNumbers } from '@ghostc/ir';
import { type LayerInOrt, layersInOrt } from './layers-in-ort.ts';
import { runWithSteps } from './noise-of-steps.ts';

/**
 * ONNX Runtime computes quantised layers by its own formulas, which round differently: a step here and there,
 * which is noise to the layers after it. Its outputs are 34 to 52 dB above that noise on the reference
 * models, 24 to 28 dB on GhostNets that were calibrated on two or three samples; those of a different model
 * would be near 0 dB. Below this limit, the interpreter runs with as many steps, and three times their effect
 * is allowed.
 */
const LEAST_SQNR = 20;
const USUAL_NOISE = 10 ** (-LEAST_SQNR / 20);
const STEP_RUNS = 2;

/** Beyond this part of the outputs, noise that is explained is not judged. */
const MOST_NOISE = 0.5;

/**
 * Holds ONNX Runtime against the integer arithmetic of a quantised graph, whose outputs the data sets have: each layer by itself,
 * on the interpreter's values of the first data set, may be a step off, and the outputs of the whole as far as `LEAST_SQNR`
 * lets them. Never throws.
 */
export async function verifyInOrt(
  runtime: Runtime,
  graph: Graph,
  dataSets: readonly DataSet[],
): Promise<RuntimeResult> {
  const start = performance.now();
  const finish = (result: Omit<RuntimeResult, 'target' | 'seconds'>, text: string): RuntimeResult => ({
    ...{ target: runtime.name, ...result, seconds: (performance.now() - start) / 1000 },
    ...(result.status === 'pass' ? { note: text } : { message: text }),
  });
  try {
    const layers = await layersInOrt(
      graph,
      dataSets.slice(0, 1).map(({ inputs }) => inputs),
    );
    const results = await runEach(
      runtime.prepare(graph),
      dataSets.map(({ inputs }) => inputs),
    );
    const whole = compareWhole(dataSets, results);
    const worst = Math.max(...layers.map(excess));
    const asks = worst <= 1 && whole.noise > USUAL_NOISE;
    const explained = asks ? noiseOfSteps({ graph, layers, dataSets }) : USUAL_NOISE;
    const most = Math.min(MOST_NOISE, explained);
    const ratio = Math.max(worst, whole.noise / most);
    const isExplained = worst <= 1 && whole.noise <= explained;
    const status = ratio <= 1 ? 'pass' : isExplained ? 'unclear' : 'fail';
    const { maxAbs, maxRel, noise } = whole;
    const allowed = (most * maxAbs) / (noise || 1);
    return finish(
      { status, maxAbs, maxRel, off: maxAbs, allowed, tolerance: most, ratio },
      describe(layers, noise, { status, most }),
    );
  } catch (error) {
    const text = messageOf(error);
    return finish(unmeasured, text);
  }
}

interface Judged {
  readonly graph: Graph;
  readonly layers: readonly LayerInOrt[];
  readonly dataSets: readonly DataSet[];
}

/** How far single steps may move the outputs. */
function noiseOfSteps({ graph, layers, dataSets }: Judged): number {
  const runs = Array.from({ length: STEP_RUNS }, (_, seed) => {
    const results = dataSets.map(({ inputs }) => runWithSteps(graph, inputs, { layers, seed }));
    return compareWhole(dataSets, results).noise;
  });
  return Math.max(USUAL_NOISE, 3 * Math.max(...runs));
}

const excess = ({ steps, allowed }: LayerInOrt): number => (steps === 0 ? 0 : steps / allowed);

interface Whole {
  readonly maxAbs: number;
  readonly maxRel: number;
  /** Root mean square of the differences over that of the outputs; the worst data set and output. */
  readonly noise: number;
}

function compareWhole(dataSets: readonly DataSet[], results: readonly Tensors[]): Whole {
  const all = dataSets.flatMap(({ outputs }, k) =>
    [...outputs].map(([name, expected]) => {
      const actual = results[k]?.get(name);
      return compare(expected, actual);
    }),
  );
  const worst = (of: keyof Whole): number => Math.max(...all.map((one) => one[of]));
  return { maxAbs: worst('maxAbs'), maxRel: worst('maxRel'), noise: worst('noise') };
}

function compare(expected: Tensor, actual: Tensor | undefined): Whole {
  const { maxAbs, maxRel } = compareTensors(expected, actual, exact);
  const noise = maxAbs < Infinity && actual ? noiseOf(toNumbers(expected), toNumbers(actual)) : Infinity;
  return { maxAbs, maxRel, noise };
}

function noiseOf(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    signal += Number(expected[i]) ** 2;
    noise += difference(Number(expected[i]), Number(actual[i])) ** 2;
  }
  return noise === 0 ? 0 : Math.sqrt(noise / (signal || 1));
}

interface Judgement {
  readonly status: RuntimeResult['status'];
  /** Noise that is allowed. */
  readonly most: number;
}

function describe(layers: readonly LayerInOrt[], noise: number, { status, most }: Judgement): string {
  if (noise === 0) return describeLayers(layers);
  const least = decibels(most).toFixed(decibels(most) % 1 ? 1 : 0);
  const limit =
    status === 'unclear'
      ? `which single steps explain; below ${least} nothing is judged`
      : `expected at least ${least}`;
  const end = decibels(noise) < LEAST_SQNR ? `, ${limit}` : '';
  return `${describeLayers(layers)}; outputs ${decibels(noise).toFixed(1)} dB above the noise${end}`;
}

const decibels = (noise: number): number => -20 * Math.log10(noise);

function describeLayers(layers: readonly LayerInOrt[]): string {
  const [worst] = layers.filter((layer) => excess(layer) > 1).sort((a, b) => excess(b) - excess(a));
  if (worst) return `${worst.op} ${worst.name} by itself is ${worst.steps} off, allowed ${worst.allowed}`;
  const sum = (key: 'different' | 'elements') => layers.reduce((total, layer) => total + layer[key], 0);
  const share = `${((100 * sum('different')) / sum('elements')).toPrecision(2)} % of the elements one step off`;
  return `${layers.length} layer${layers.length === 1 ? '' : 's, each'} by itself: ${sum('different') ? share : 'the same'}`;
}
