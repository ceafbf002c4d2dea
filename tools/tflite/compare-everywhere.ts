import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime, createRuntime } from '@ghostc/runtimes';
import { compareLayers, type LayerComparison } from './compare-layers.ts';
import { compareModel, type ModelComparison } from './compare-model.ts';
import { FLOAT_TOLERANCE, modelFixture, modelInputs, readFixture, SEEDS } from './fixtures.ts';
import { type Layer, runLayers } from './reference.ts';

export interface MlperfComparison extends Partial<ModelComparison> {
  readonly model: string;
  readonly target: string;
  /** Sets of inputs. */
  readonly inputs: number;
  readonly holds: boolean;
  readonly problem?: string | undefined;
}

/** A model of MLPerf Tiny against TFLite's outputs in every runtime, or in those named; on all seeds where that is quick. */
export async function compareEverywhere(
  name: string,
  model: Uint8Array,
  names?: readonly string[],
): Promise<MlperfComparison[]> {
  const expected = readFixture(modelFixture)[name] ?? '';
  const targets = [
    { runtime: interpreterRuntime, seeds: SEEDS },
    { runtime: cRuntime('host'), seeds: SEEDS },
    { runtime: cRuntime('cortex-m4'), seeds: 3 },
    { runtime: createRuntime('wgsl'), seeds: SEEDS },
    { runtime: createRuntime('wgsl@chromium'), seeds: 10 },
    { runtime: createRuntime('wgsl@deno'), seeds: SEEDS },
  ];
  const rows: MlperfComparison[] = [];
  for (const { runtime, seeds } of targets) {
    if (names && !names.includes(runtime.name)) continue;
    process.stderr.write(`${name} on ${runtime.name}, ${seeds} inputs ...\n`);
    const result = await compareModel(runtime, { model, expected, seeds }).catch((error: Error) => error);
    const holds = !(result instanceof Error) && result.ofBound <= 1 && result.maxAbs <= FLOAT_TOLERANCE;
    const shown = result instanceof Error ? { problem: result.message.split('\n')[0] } : result;
    rows.push({ model: name, target: runtime.name, inputs: seeds, holds, ...shown });
  }
  return rows;
}

/** The worst of a float model's operators; those with integer weights also against TFLite's hybrid kernels. */
export function compareOperators(python: string, name: string, model: Uint8Array): MlperfComparison[] {
  const run = { model, inputs: modelInputs(model, 1) };
  const float = runLayers(python, run, 'float');
  const hybrid = runLayers(python, run, 'hybrid').filter((layer, k) => !same(layer, float[k]));
  return [
    worst(name, `interpreter, ${float.length} operators`, compareLayers(float)),
    ...(hybrid.length
      ? [worst(name, `interpreter, ${hybrid.length} hybrid operators`, compareLayers(hybrid, 'hybrid'))]
      : []),
  ];
}

/** Have both the same weights? */
function same(a: Layer, b: Layer | undefined): boolean {
  return Buffer.compare(a.model, b?.model ?? new Uint8Array()) === 0;
}

function worst(model: string, target: string, layers: readonly LayerComparison[]): MlperfComparison {
  const ofBound = Math.max(...layers.map((layer) => layer.ofBound));
  const maxAbs = Math.max(...layers.map((layer) => layer.maxAbs));
  return { model, target, inputs: 1, holds: ofBound <= 1, maxAbs, ofBound };
}
