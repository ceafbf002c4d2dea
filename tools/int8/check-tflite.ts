import { litertPython } from '@ghostc/runtimes';
import { compareEverywhere, compareOperators, type MlperfComparison } from '../tflite/compare-everywhere.ts';
import { modelFixture, modelOutputs, neededMlperfModels, readFixture } from '../tflite/fixtures.ts';
import type { Row } from './row.ts';

/**
 * MLPerf Tiny against TFLite's reference kernels: integers bit for bit, floats within the derived bound. The committed outputs
 * of TFLite are computed anew first, where it can be had.
 */
export async function checkTflite(
  targets: readonly string[] | undefined,
  progress: (what: string) => void,
): Promise<Row[]> {
  const models = neededMlperfModels();
  const python = litertPython();
  progress('TFLite: reference kernels');
  const rows: Row[] = [python ? committedRow(python, models) : missingRow];
  for (const [name, model] of models) {
    progress(`TFLite: ${name}`);
    rows.push(...(await compareEverywhere(name, model, targets)).map(rowOf));
    if (python && name.endsWith('_float')) rows.push(...compareOperators(python, name, model).map(rowOf));
  }
  return rows;
}

const check = 'TFLite';
const missingRow: Row = {
  ...{ check, subject: 'committed outputs', target: 'ai-edge-litert' },
  ...{ found: 'python3 with ai-edge-litert is missing', expected: '0 models differ', met: false },
};

function committedRow(python: string, models: ReadonlyMap<string, Uint8Array>): Row {
  const [now, committed] = [modelOutputs(python, models), readFixture(modelFixture)];
  const different = [...models.keys()].filter((name) => now[name] !== committed[name]);
  const found = `${different.length} of ${models.size} models differ ${different.join(' ')}`.trimEnd();
  return { ...missingRow, found, met: different.length === 0 };
}

function rowOf(one: MlperfComparison): Row {
  const { model, target, inputs, holds, different, elements, ofBound, maxAbs, problem } = one;
  const exact = model.endsWith('_int8');
  const bits = `${different} of ${elements} differ`;
  const bound = `${maxAbs?.toExponential(1)}, ${ofBound?.toExponential(1)} of the bound`;
  return {
    ...{ check, subject: model, target: `${target}${target.includes(',') ? '' : `, ${inputs} inputs`}` },
    ...{
      found: problem ?? (exact ? bits : bound),
      expected: exact ? '0 differ' : 'within the bound',
      met: holds,
    },
  };
}
