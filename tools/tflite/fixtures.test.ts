import { readFileSync } from 'node:fs';
import {
  fromBytes,
  fromNumbers,
  numElements,
  randomTensor,
  staticShape,
  type Tensor,
  toBytes,
  toNumbers,
  type Value,
} from '@ghostc/ir';
import { evaluateGraph } from '@ghostc/ops';
import { litertPython } from '@ghostc/runtimes';
import { readTflite } from '@ghostc/tflite';
import { expect, test } from 'vitest';
import { compareLayers } from './compare-layers.ts';
import {
  kerasFixture,
  kerasOutputs,
  mlperfModels,
  modelFixture,
  modelInputs,
  modelOutputs,
  operatorFixture,
  operatorOutputs,
  readFixture,
} from './fixtures.ts';
import { runLayers, runReference } from './reference.ts';

const python = litertPython();
const missing = 'python3 with ai-edge-litert is missing: npm run compare:tflite makes one';

/** Reports why a test does not run; with GHOSTC_REQUIRE_ALL nothing may be missing. */
function needed<T>(value: T | null | undefined, reason: string, skip: (reason: string) => void): T | null {
  if (value !== null && value !== undefined) return value;
  if (process.env.GHOSTC_REQUIRE_ALL && reason === missing) throw new Error(reason);
  skip(reason);
  return null;
}

test('the committed outputs of operators are those of TFLite', ({ skip }) => {
  const executable = needed(python, missing, skip);
  if (executable) expect(operatorOutputs(executable)).toEqual(readFixture(operatorFixture));
});

test('the committed outputs of QAT models of Keras are those of TFLite', ({ skip }) => {
  const executable = needed(python, missing, skip);
  if (executable) expect(kerasOutputs(executable)).toEqual(readFixture(kerasFixture));
});

test('the committed outputs of MLPerf Tiny are those of TFLite', ({ skip }) => {
  const executable = needed(python, missing, skip);
  const files = needed(mlperfModels(), '../shared/models/mlperf-tiny is absent', skip);
  if (executable && files) expect(modelOutputs(executable, files)).toEqual(readFixture(modelFixture));
});

test.for(['ic_float', 'kws_float', 'vww_float'])(
  'each operator of %s is within its error bound of TFLite',
  (name, { skip }) => {
    const executable = needed(python, missing, skip);
    const model = needed(mlperfModels(), '../shared/models/mlperf-tiny is absent', skip)?.get(name);
    if (!executable || !model) return;
    const layers = compareLayers(runLayers(executable, { model, inputs: modelInputs(model, 1) }));
    expect(layers.length).toBeGreaterThan(10);
    expect(layers.filter(({ ofBound }) => !(ofBound <= 1))).toEqual([]);
  },
);

/** The state before the first run: real 0. */
function atRest({ type }: Value): Tensor {
  const shape = staticShape(type.shape);
  const zero = type.quant?.zeroPoint[0] ?? 0;
  return {
    ...fromNumbers(type.dtype, shape, new Float64Array(numElements(shape)).fill(zero)),
    quant: type.quant,
  };
}

test('an LSTM of Keras in int8, in real numbers, is at most a step from the integers of TFLite', ({
  skip,
}) => {
  const executable = needed(python, missing, skip);
  if (!executable) return;
  const model = readFileSync('test-fixtures/keras-lstm/lstm-int8.tflite');
  const graph = readTflite(model);
  const [input, ...states] = graph.inputs;
  if (!input) throw new Error('no input');
  const x = randomTensor({ ...input.type, shape: staticShape(input.type.shape) }, 5);
  const [bytes = new Uint8Array()] = runReference(executable, [{ model, inputs: toBytes(x.data) }]);
  const [y] = evaluateGraph(graph, [x, ...states.map(atRest)]);
  const [want, got] = [fromBytes('i8', bytes), toNumbers(y ?? x)].map((list) => Array.from(list, Number)) as [
    number[],
    number[],
  ];
  expect(new Set(want).size).toBeGreaterThan(20);
  expect(got).toHaveLength(want.length);
  expect(Math.max(...want.map((v, i) => Math.abs(v - (got[i] ?? NaN))))).toBeLessThanOrEqual(1);
});
