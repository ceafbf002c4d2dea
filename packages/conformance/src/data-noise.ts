import { difference } from '@ghostc/interpreter';
import { toNumbers } from '@ghostc/ir';
import { compareTensors, exact } from './compare.ts';
import { runEach } from './run-each.ts';
import type { Runtime } from './runtime.ts';
import { rootMeanSquare } from './statistical-tolerance.ts';
import type { DataSet, Verification } from './verification.ts';

/** If the original model misses the data by more than this fraction of them, they belong to another model. */
const MOST_NOISE = { float: 1e-2, quantized: 0.1 } as const;

/** How far the original model itself is from the given outputs. */
export type DataNoise = NonNullable<Verification['dataNoise']>;

/** How far the original model is from the outputs of each data set, if that may be noise. */
export async function dataNoiseOf(
  original: Runtime,
  { model, dataSets }: Verification,
  kind: keyof typeof MOST_NOISE,
): Promise<DataNoise> {
  const results = await runEach(
    original.prepare(model),
    dataSets.map(({ inputs }) => inputs),
  );
  const found = new Map<DataSet, Map<string, number>>();
  dataSets.forEach((set, k) => {
    const ofSet = new Map<string, number>();
    found.set(set, ofSet);
    for (const [name, expected] of set.outputs) {
      const actual = results[k]?.get(name);
      const { maxAbs } = compareTensors(expected, actual, exact);
      if (!actual || maxAbs === Infinity) continue;
      const [want, got] = [toNumbers(expected), toNumbers(actual)];
      const off = Float64Array.from(want, (v, i) => difference(Number(v), Number(got[i])));
      if (rootMeanSquare(off) <= MOST_NOISE[kind] * rootMeanSquare(want)) ofSet.set(name, maxAbs);
    }
  });
  return (set, output) => found.get(set)?.get(output);
}
