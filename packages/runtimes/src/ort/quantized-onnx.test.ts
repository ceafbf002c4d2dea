import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import { compileC, type Device, lowerForKernels, optimize } from '@ghostc/compiler';
import { caseGraph, quantizedSuites, seededInputs, seededSamples, type Tensors } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { attempt, type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import { decodeModel, encodeTensor, onnxOps, readOnnx, readTensorProto } from '@ghostc/onnx';
import { lookup, type Rounding, withDefaults } from '@ghostc/ops';
import { type QuantizedModel, quantize } from '@ghostc/quant';
import ort from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import {
  fashionMnist,
  fashionMnistImages,
  fashionMnistLabels,
  largest,
} from '../testing/fashion-mnist-data.ts';
import { readFixture, seededInt8 } from '../testing/fixture-models.ts';
import { type LayerInOrt, layersInOrt } from './layers-in-ort.ts';
import { checkOnnx, onnxChecker } from './onnx-checker.ts';
import { runOrt } from './ort-session.ts';

const modules = join(fashionMnist, '../modules');
const moduleNames = readdirSync(modules);

/** Images of 32 x 32 where the model leaves them open. */
const lowered = (folder: string): Graph => lowerForKernels(optimize(readFixture(folder, 32)));

const input = (graph: Graph): string => graph.inputs[0]?.name ?? '';
const only = (tensors: ReadonlyMap<string, Tensor>): Tensor => [...tensors.values()][0] as Tensor;

const networks = {} as Record<Rounding, QuantizedModel>;
let network: QuantizedModel;
beforeAll(() => {
  network = networks.double = quantizedNetwork('double', 200);
  networks.single = quantizedNetwork('single', 20);
});

function quantizedNetwork(rounding: Rounding, count: number): QuantizedModel {
  const float = lowered(fashionMnist);
  const images = fashionMnistImages('calib_images_u8_200x28x28.bin', count);
  const samples = images.map((image, i) => ({
    name: `image ${i}`,
    inputs: new Map([[input(float), image]]),
  }));
  return quantize(float, samples, { rounding });
}

/** Everything but names: ops, attributes with their defaults, types, constants. */
function meaning(graph: Graph): unknown[] {
  return [...graph.nodes()].map((node) => [
    node.op,
    Object.entries(withDefaults(lookup(node.op).attrs, node.attrs)).sort(([a], [b]) => (a < b ? -1 : 1)),
    node.inputs.map((value) => value && [value.type, value.constant?.data]),
    node.output.type,
  ]);
}

describe('QDQ ONNX', () => {
  test.each(moduleNames)('%s reads back as the same quantised graph', (name) => {
    const { graph } = seededInt8(readFixture(join(modules, name), 32), {});
    expect(meaning(lowerForKernels(optimize(readOnnx(emitOnnx(graph)))))).toEqual(meaning(graph));
  });

  test('so does the trained network, and onnx.checker passes it', async (context) => {
    const bytes = emitOnnx(network.graph);
    expect(meaning(lowerForKernels(optimize(readOnnx(bytes))))).toEqual(meaning(network.graph));
    skipWithout([onnxChecker], 'onnx', context);
    await checkOnnx(bytes);
  });

  test('a 16-bit layer passes onnx.checker too', async (context) => {
    skipWithout([onnxChecker], 'onnx', context);
    const float = lowered(join(modules, 'ghost_module_seed'));
    const { graph } = quantize(float, seededSamples(float, 1), { keep: { keep: 'int16', layers: 2 } });
    expect([...graph.nodes()].some((node) => node.output.type.dtype === 'i16')).toBe(true);
    await checkOnnx(emitOnnx(graph));
  });

  const inOrt = (graph: Graph): Promise<LayerInOrt[]> =>
    layersInOrt(
      graph,
      fashionMnistImages('test_images_u8_2000x28x28.bin', 3).map((image) => new Map([[input(graph), image]])),
    );

  test('ONNX Runtime rounds once: every layer within one step, on at most 0.1 % of the elements', async () => {
    for (const { op, name, steps, different, elements } of await inOrt(networks.single.graph)) {
      expect(steps, name).toBeLessThanOrEqual(1);
      expect(different, `${op} ${name}`).toBeLessThanOrEqual(Math.ceil(elements / 1000));
    }
  });

  // Rounding twice is up to a step more where the first rounding meets a tie: once in 2^(shift + 1) sums.
  test('with double rounding every layer is within one step too, on more of the elements', async () => {
    const layers = await inOrt(networks.double.graph);
    for (const { name, steps } of layers) expect(steps, name).toBeLessThanOrEqual(1);
    const sum = (key: 'different' | 'elements') => layers.reduce((total, layer) => total + layer[key], 0);
    expect(sum('different') / sum('elements')).toBeLessThan(0.01);
  });

  test('double rounding is read back, or refused', () => {
    const { graph } = networks.double;
    expect(meaning(lowerForKernels(optimize(readOnnx(emitOnnx(graph)))))).toEqual(meaning(graph));
    const bytes = Buffer.from(emitOnnx(graph).map((byte) => byte));
    bytes.write('triple', bytes.indexOf('double', bytes.indexOf('ghostc.rounding')));
    expect(() => readOnnx(bytes)).toThrow('ghostc.rounding expects double or single, found triple');
  });
});

describe('the trained network in int8', () => {
  const labels = fashionMnistLabels();
  const accuracy = (classes: readonly number[]): number =>
    classes.filter((label, i) => label === labels[i]).length / classes.length;

  async function classesInC(device: Device, images: readonly Tensor[]) {
    const program = compileC(network.graph, { device, name: 'net' });
    const sets = images.map((image) => new Map([[input(network.graph), image]]));
    const outputs = (await runC(program, device, sets)).map((run) => only(run.outputs));
    return { outputs, classes: outputs.map(({ data }) => largest(data as Float32Array)) };
  }

  test('no layer is left in float, and C on the host loses at most 0.3 points of 91.70 %; ONNX Runtime agrees', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    expect(network.leftInFloat).toEqual([]);
    const images = fashionMnistImages('test_images_u8_2000x28x28.bin', 2000);
    const { classes } = await classesInC('host', images);
    expect(accuracy(classes)).toBeGreaterThanOrEqual(0.914);
    const sets = images.map((image) => new Map([[input(network.graph), image]]));
    const theirs = (await runOrt(emitOnnx(network.graph), sets)).map((one) =>
      largest(only(one).data as Float32Array),
    );
    expect(theirs.filter((label, i) => label === classes[i]).length / classes.length).toBeGreaterThanOrEqual(
      0.995,
    );
  });
});

test('every case of quantised ops becomes QDQ, but for what ONNX has no words for', () => {
  const refused = quantizedSuites.flatMap(({ cases }) =>
    cases.filter((one) => !attempt(() => emitOnnx(caseGraph(one)))),
  );
  expect(refused.map(({ name }) => name)).toEqual(['qlinear_unary/lookup-int16']);
});

describe('u8 activations, the form of quantize --for', () => {
  const unsigned = (graph: Graph): Uint8Array => emitOnnx(graph, { activations: 'u8' });

  const cases = quantizedSuites.flatMap(({ cases: all }) =>
    all.filter((one) => /unary|module|concat|pool/.test(one.name) && attempt(() => emitOnnx(caseGraph(one)))),
  );
  test.each(cases)('$name reads back as the same numbers', (one) => {
    const graph = caseGraph(one);
    const inputs = seededInputs(graph, 3);
    const [from, to] = [emitOnnx(graph), unsigned(graph)].map((bytes) => optimize(readOnnx(bytes)));
    expect(interpret(to as Graph, inputs)).toEqual(interpret(from as Graph, inputs));
  });

  test('no value of the trained network is i8', () => {
    const written = [...readOnnx(unsigned(network.graph)).nodes()];
    expect(written.filter(({ output }) => output.type.dtype === 'i8')).toEqual([]);
  });

  test('ONNX Runtime computes every layer of the trained network on integers', async () => {
    const [before, after] = await Promise.all([emitOnnx(network.graph), unsigned(network.graph)].map(fused));
    expect([before?.has('Conv'), after?.has('Conv'), after?.has('QLinearConv')]).toEqual([true, false, true]);
    const set = [
      new Map([[input(network.graph), fashionMnistImages('test_images_u8_2000x28x28.bin', 1)[0] as Tensor]]),
    ];
    const [ours, theirs] = await Promise.all([
      interpret(network.graph, set[0] as Tensors),
      runOrt(unsigned(network.graph), set),
    ]);
    expect(largest(only(theirs[0] as Tensors).data as Float32Array)).toBe(
      largest(only(ours).data as Float32Array),
    );
  });

  /** Ops of the model after ONNX Runtime's own optimiser. */
  async function fused(bytes: Uint8Array, i: number): Promise<Set<string>> {
    const file = join(tmpdir(), `ghostc-fused-${process.pid}-${i}.onnx`);
    const session = await ort.InferenceSession.create(bytes, {
      optimizedModelFilePath: file,
      logSeverityLevel: 4,
    });
    await session.release();
    const ops = onnxOps(readFileSync(file));
    rmSync(file);
    return ops;
  }
});

describe('the form of TensorRT', () => {
  const float = lowered(fashionMnist);
  const images = fashionMnistImages('calib_images_u8_200x28x28.bin', 20);
  const sets = images.map((image) => new Map([[input(float), image]]));
  const samples = sets.map((inputs, i) => ({ name: `image ${i}`, inputs }));
  const { graph } = quantize(float, samples, { rounding: 'single', symmetric: true });
  const classOf = (outputs: Tensors): number => largest(only(outputs).data as Float32Array);
  const bytes = emitOnnx(graph, { floatBiases: true });

  test('int8 with zero points of 0, weights per output channel, floats for biases, one type of scale', () => {
    const { graph: model } = decodeModel(bytes);
    const constants = new Map(
      model?.initializer?.map((one) => [one.name, readTensorProto(encodeTensor(one))]),
    );
    const conversions =
      model?.node?.filter(({ op_type }) => /^(Dequantize|Quantize)Linear$/.test(op_type ?? '')) ?? [];
    expect(conversions.length).toBeGreaterThan(50);
    for (const { input: inputs } of conversions) {
      const zero = constants.get(inputs?.[2] ?? '');
      expect([zero?.dtype, ...new Set(zero && toNumbers(zero))]).toEqual(['i8', 0]);
    }
    const convolutions = model?.node?.filter(({ op_type }) => op_type === 'Conv') ?? [];
    const maker = new Map(conversions.map((node) => [node.output?.[0], node]));
    for (const { input: [, weight, bias] = [] } of convolutions) {
      const dequantize = maker.get(weight);
      const levels = constants.get(dequantize?.input?.[0] ?? '');
      expect(constants.get(dequantize?.input?.[1] ?? '')?.shape).toEqual([levels?.shape[0]]);
      if (bias) expect(constants.get(bias)?.dtype).toBe('f32');
    }
  });

  test('ONNX Runtime computes it as the interpreter does, and ghostc reads it back', async () => {
    const some = sets.slice(0, 4);
    const theirs = await runOrt(bytes, some);
    const read = optimize(readOnnx(bytes));
    some.forEach((set, i) => {
      const wanted = classOf(interpret(graph, set));
      expect([classOf(theirs[i] as Tensors), classOf(interpret(read, set))]).toEqual([wanted, wanted]);
    });
  });
});
