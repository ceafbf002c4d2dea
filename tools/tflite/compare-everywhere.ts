import { interpreterRuntime } from '@ghostc/conformance';
import { cRuntime, createRuntime } from '@ghostc/runtimes';
import { compareLayers } from './compare-layers.ts';
import { compareModel, type ModelComparison } from './compare-model.ts';
import { FLOAT_TOLERANCE, modelFixture, modelInputs, readFixture, SEEDS } from './fixtures.ts';
import { runLayers } from './reference.ts';

export interface MlperfComparison extends Partial<ModelComparison> {
  readonly model: string;
  readonly target: string;
  /** Sets of inputs. */
  readonly inputs: number;
  readonly holds: boolean;
  readonly problem?: string | undefined;
}

/** A model of MLPerf Tiny against TFLite's outputs: in the interpreter and C on all seeds, in C on a Cortex-M4 on three. */
export async function compareEverywhere(name: string, model: Uint8Array): Promise<MlperfComparison[]> {
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
    process.stderr.write(`${name} on ${runtime.name}, ${seeds} inputs ...\n`);
    const result = await compareModel(runtime, { model, expected, seeds }).catch((error: Error) => error);
    const holds = !(result instanceof Error) && result.ofBound <= 1 && result.maxAbs <= FLOAT_TOLERANCE;
    const shown = result instanceof Error ? { problem: result.message.split('\n')[0] } : result;
    rows.push({ model: name, target: runtime.name, inputs: seeds, holds, ...shown });
  }
  return rows;
}

/** The worst of a float model's operators. */
export function compareOperators(python: string, name: string, model: Uint8Array): MlperfComparison {
  const layers = compareLayers(runLayers(python, { model, inputs: modelInputs(model, 1) }));
  const ofBound = Math.max(...layers.map((layer) => layer.ofBound));
  const maxAbs = Math.max(...layers.map((layer) => layer.maxAbs));
  const target = `interpreter, ${layers.length} operators`;
  return { model: name, target, inputs: 1, holds: ofBound <= 1, maxAbs, ofBound };
}
