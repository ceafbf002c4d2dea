import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileC, type Device, lowerForKernels, optimize } from '@ghostc/compiler';
import type { Tensors } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { describe, expect, test } from 'vitest';
import { cDevice } from '../c/c-device.ts';
import { runC } from '../c/prepare-c.ts';
import { skipWithout } from '../process/require-tool.ts';
import {
  fashionMnist,
  fashionMnistImages,
  fashionMnistLabels,
  largest,
} from '../testing/fashion-mnist-data.ts';

const IMAGES = 2000;

test('C on the host classifies the 2,000 test images as PyTorch does, image for image', async (context) => {
  skipWithout(cDevice('host').tools, 'c', context);
  const program = compileC(readOnnx(readFileSync(join(fashionMnist, 'ghost_fmnist.onnx'))), {
    device: 'host',
  });
  const runs = await runC(program, 'host', images(program.inputs[0]?.name ?? ''));
  const ours = runs.map(({ outputs }) => largest([...outputs.values()][0]?.data as Float32Array));
  const logits = floats('test_logits_f32_2000x10.bin');
  const theirs = Array.from({ length: IMAGES }, (_, i) => largest(logits.subarray(i * 10, i * 10 + 10)));
  expect(ours).toEqual(theirs);
  const labels = fashionMnistLabels();
  expect(ours.filter((label, i) => label === labels[i]).length / IMAGES).toBe(0.917);
});

/** The int8 model, calibrated on the 200 calibration images, with no layer left in float. */
function int8Model(): Graph {
  const float = lowerForKernels(optimize(readOnnx(readFileSync(join(fashionMnist, 'ghost_fmnist.onnx')))));
  const calibration = images(float.inputs[0]?.name ?? '', 'calib_images_u8_200x28x28.bin', 200);
  const samples = calibration.map((inputs, i) => ({ name: `image ${i}`, inputs }));
  const { graph, leftInFloat } = quantize(float, samples);
  expect(leftInFloat).toEqual([]);
  return graph;
}

describe('int8', () => {
  let model: Graph | undefined;

  const logits = async (device: Device, count: number): Promise<Float32Array[]> => {
    model ??= int8Model();
    const inputs = images(model.inputs[0]?.name ?? '').slice(0, count);
    const runs = await runC(compileC(model, { device }), device, inputs);
    return runs.map(({ outputs }) => [...outputs.values()][0]?.data as Float32Array);
  };

  test('C on the host is at most 0.3 points under float', async (context) => {
    skipWithout(cDevice('host').tools, 'c', context);
    const ours = await logits('host', IMAGES);
    const labels = fashionMnistLabels();
    const right = ours.filter((values, i) => largest(values) === labels[i]).length;
    expect(right / IMAGES).toBeGreaterThanOrEqual(0.914);
  });

  test('C on Cortex-M4 gives the bits of the host on 200 images', async (context) => {
    skipWithout([...cDevice('host').tools, ...cDevice('cortex-m4').tools], 'c@cortex-m4', context);
    expect(await logits('cortex-m4', 200)).toEqual(await logits('host', 200));
  });
});

function images(name: string, file = 'test_images_u8_2000x28x28.bin', count = IMAGES): Tensors[] {
  return fashionMnistImages(file, count).map((image) => new Map([[name, image]]));
}

function floats(file: string): Float32Array {
  const bytes = new Uint8Array(readFileSync(join(fashionMnist, file)));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}
