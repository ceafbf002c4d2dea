import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { integerForm, readModel } from '@ghostc/compiler';
import {
  type DataSet,
  exact,
  interpreterRuntime,
  type RuntimeResult,
  verifyModel,
} from '@ghostc/conformance';
import {
  byteSize,
  CompileError,
  fromBytes,
  type Graph,
  isFloat,
  numElements,
  staticShape,
  type Tensor,
  type TensorType,
} from '@ghostc/ir';
import { encodeTflite, readTflite } from '@ghostc/tflite';
import { caseInputs, operatorCases } from '@ghostc/tflite/testing';
import { describe, expect, test } from 'vitest';
import { readDataSets } from './data-sets.ts';
import {
  type Mistake,
  mistaken,
  shiftedChannels,
  swappedAxes,
  swappedHalves,
  zeroed,
} from './testing/reader-mutants.ts';

const fixtures = join(import.meta.dirname, '../../../test-fixtures');

/** `verify` with the outputs of the original, on a graph that was read wrongly: 'error' where it does not even run. */
async function verdictOn(model: Graph, dataSets: readonly DataSet[]): Promise<RuntimeResult['status']> {
  const tolerance = { relative: 1e-5, absolute: 1e-7, reason: 'not used' };
  const integers = integerForm(model) ?? model;
  const ints = [...integers.nodes()].every(({ output }) => !isFloat(output.type.dtype));
  const held = { model: integers, rounded: model, dataSets };
  const task = ints
    ? ({ ...held, tolerance: exact } as const)
    : ({ ...held, tolerance, derived: 'statistical' } as const);
  return (await verifyModel(interpreterRuntime, task)).status;
}

async function expectCaught(model: Graph, dataSets: readonly DataSet[], mistake: Mistake): Promise<void> {
  expect(await verdictOn(model, dataSets)).toBe('pass');
  const wrong = mistaken(model, mistake);
  if (!wrong) throw new Error(`no place for: ${mistake.name}`);
  expect(await verdictOn(wrong, dataSets)).toMatch(/^(fail|error)$/);
}

const line = (name: string, pattern: RegExp, changed: string): Mistake => ({
  name,
  line: [pattern, changed],
});

const onnxMistakes: readonly Mistake[] = [
  line('pads of Pad one row on', /pads=\[0, 0, 1, 2, 0, 0, 0, 1\]/, 'pads=[0, 0, 0, 2, 0, 0, 1, 1]'),
  line('the value of Pad is 0', /value=0\.5/, 'value=0'),
  line('begin and end of pads swapped', /pads=\[1, 2, 0, 1\]/, 'pads=[0, 1, 1, 2]'),
  line('pads as [top, bottom, left, right]', /pads=\[1, 2, 0, 1\]/, 'pads=[1, 0, 2, 1]'),
  line('dilations swapped', /dilations=\[1, 2\], pads=\[1, 2, 0, 1\]/, 'dilations=[2, 1], pads=[2, 1, 1, 0]'),
  line('a bias dropped', /conv2d %p, %w, %b/, 'conv2d %p, %w'),
  line('epsilon ignored', /epsilon=0\.0099\d+/, 'epsilon=0'),
  line("epsilon is ONNX's default", /epsilon=0\.0099\d+/, 'epsilon=0.00001'),
  line('mean and variance swapped', /%s, %t, %m, %v/, '%t, %s, %m, %v'),
  line('pads are not counted in an average', /count_include_pad=true/, 'count_include_pad=false'),
  line('rows of an average pool shifted', /pads=\[1, 0, 0, 1\]/, 'pads=[0, 0, 1, 1]'),
  line('columns of a maximum shifted', /pads=\[0, 1, 1, 0\]/, 'pads=[1, 1, 0, 0]'),
  line('ceil read as floor', /ceil_mode=true/, 'ceil_mode=false'),
  line('alpha is the default', /alpha=0\.2\d*/, 'alpha=0.01'),
  line('half_pixel read as asymmetric', /"half_pixel"/, '"asymmetric"'),
  line('half_pixel read as align_corners', /"half_pixel"/, '"align_corners"'),
  line('nearest rounds up', /nearest_mode="floor"/, 'nearest_mode="ceil"'),
  line('a permutation is its inverse', /perm=\[0, 2, 3, 1\]/, 'perm=[0, 3, 1, 2]'),
  line('softmax over the last axis', /softmax %f \{axis=1\}/, 'softmax %f {axis=3}'),
  line('alpha of Gemm is 1', /alpha=0\.5, beta=2/, 'alpha=1, beta=2'),
  line('beta of Gemm is 1', /alpha=0\.5, beta=2/, 'alpha=0.5, beta=1'),
  line('alpha of Elu is 1', /elu %y9 \{alpha=0\.69\d+\}/, 'elu %y9 {alpha=1}'),
  line('alpha and beta of HardSigmoid swapped', /alpha=0\.3\d*, beta=0\.4\d*/, 'alpha=0.4, beta=0.3'),
  line('the lower limit of Clip is 0', /min=-0\.5/, 'min=0'),
  line('the mean over another axis', /axes=\[2\]/, 'axes=[3]'),
  line('operands of Concat swapped', /concat %y9, %y10/, 'concat %y10, %y9'),
  { name: 'kernel rows and columns swapped', constant: ['conv2d', 1, swappedAxes] },
  { name: 'groups in the other order', constant: ['conv2d', 1, swappedHalves] },
  { name: 'output channels one further', constant: ['conv2d', 1, shiftedChannels] },
  { name: 'the weight of Gemm transposed', constant: ['gemm', 1, swappedAxes] },
  { name: 'the bias of Gemm dropped', constant: ['gemm', 2, zeroed] },
  { name: 'slopes of PRelu one further', constant: ['prelu', 1, shiftedChannels] },
];

describe('mistakes of a reader of ONNX are caught by ONNX Runtime on the original', () => {
  const folder = join(fixtures, 'cases/verdict-reader-network');
  const file = join(folder, 'model.onnx');
  const model = readModel(readFileSync(file), { file });
  const dataSets = readDataSets(folder, model);
  test.each(onnxMistakes)('$name', (mistake) => expectCaught(model, dataSets, mistake));
});

/** A case of TFLite's operators, and a mistake in it. */
const tfliteMistakes: readonly (readonly [operator: string, mistake: Mistake])[] = [
  [
    'conv/same-asymmetric-stride-2',
    { name: 'pads', line: [/pads=\[(\d+), (\d+), (\d+), (\d+)\]/, 'pads=[$3, $4, $1, $2]'] },
  ],
  ['conv/groups', { name: 'group order', constant: ['conv2d', 1, swappedHalves] }],
  ['conv/same-dilation-2', { name: 'kernel axes', constant: ['conv2d', 1, swappedAxes] }],
  [
    'depthwise/multiplier-2',
    { name: 'channels of the multiplier', constant: ['depthwise_conv2d', 1, shiftedChannels] },
  ],
  ['fully-connected/image', { name: 'weights transposed', constant: ['fully_connected', 1, swappedAxes] }],
  [
    'average-pool/same',
    line('pads counted', /kernel_shape=\[3, 3\]/, 'kernel_shape=[3, 3], count_include_pad=true'),
  ],
  ['mean/spatial', line('axes', /axes=\[1, 2\]/, 'axes=[2, 3]')],
  ['bilinear/half-pixel', line('half pixels', /"half_pixel"/, '"asymmetric"')],
  ['nearest/align', line('align corners', /"align_corners"/, '"asymmetric"')],
  ['leaky-relu', line('alpha', /alpha=[\d.]+/, 'alpha=0.01')],
  ['softmax/image', line('axis', /axis=(\d)/, 'axis=0')],
  ['int8/conv-same-stride-2', line('output scale off by a hundredth', /y_scale=0\.1099\d*/, 'y_scale=0.109')],
  ['int8/conv-same-stride-2', line('zero point', /y_zero_point=(-?)(\d)/, 'y_zero_point=$11$2')],
  ['int8/depthwise-relu', line('activation', /clamp=\[-20, 127\]/, 'clamp=[]')],
  ['int8/conv-pointwise-relu', { name: 'bias dropped', constant: ['qlinear_conv2d', 2, zeroed] }],
];

const outputs: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(fixtures, 'tflite/operators.json'), 'utf8'),
);

function tfliteSets(name: string, model: Graph, inputs: readonly (readonly Uint8Array[])[]): DataSet[] {
  const bytes = Buffer.from(outputs[name] ?? '', 'base64');
  let at = 0;
  const next = ({ dtype, shape, quant }: TensorType): Tensor => {
    const sizes = staticShape(shape);
    const bytesOf = numElements(sizes) * byteSize(dtype);
    at += bytesOf;
    return { dtype, shape: sizes, quant, data: fromBytes(dtype, bytes.subarray(at - bytesOf, at)) };
  };
  return inputs.map((set, k) => ({
    name: `set ${k}`,
    inputs: new Map(
      model.inputs.map(({ name, type }, i) => [
        name,
        { ...type, shape: type.shape as number[], data: fromBytes(type.dtype, set[i] as Uint8Array) },
      ]),
    ),
    outputs: new Map(model.outputs.map(({ name, value }) => [name, next(value.type)])),
  }));
}

describe("mistakes of a reader of TFLite are caught by the outputs of TFLite's kernels", () => {
  test.each(tfliteMistakes.map(([operator, mistake]) => ({ operator, mistake })))(
    '$operator: $mistake.name',
    async ({ operator, mistake }) => {
      const one = operatorCases.find(({ name }) => name === operator);
      if (!one) throw new CompileError('test/case', `there is no case ${operator}`);
      const model = readTflite(encodeTflite(one.spec), { file: operator });
      await expectCaught(model, tfliteSets(operator, model, caseInputs(one, 2)), mistake);
    },
  );
});
