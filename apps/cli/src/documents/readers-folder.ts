import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileFiles, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { saveOnnx } from '@ghostc/edit';
import { fromNumbers, type Graph, parseGraph, type Tensor } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { quantize } from '@ghostc/quant';
import { PNG } from 'pngjs';
import { npy, npz } from '../testing/numpy-files.ts';

/** A Ghost module between a stem and a classifier. */
const network = `
  const %stem: f32[8,3,3,3] = random(1)
  const %primary: f32[8,8,1,1] = random(2)
  const %cheap: f32[8,1,3,3] = random(3)
  const %fc: f32[2,16] = random(4)
  const %one: f32[1,8,1,1] = random(5)
  %0 = conv2d %input, %stem {pads=[1,1,1,1], strides=[2,2]}
  %1 = relu %0
  %2 = conv2d %1, %primary
  %3 = relu %2
  %4 = conv2d %3, %cheap {pads=[1,1,1,1], group=8}
  %5 = relu %4
  %6 = concat %3, %5 {axis=1}
  %7 = global_average_pool %6
`;

const gir = {
  model: `graph @model(%input: f32[1,3,32,32])${network}
  %8 = reshape %7 {shape=[1,16]}
  %y = fully_connected %8, %fc
  return %y as "output"`,
  /** Of any batch, with outputs that fit a buffer and a texture. */
  net: `graph @net(%input: f32[N,3,32,32])${network}
  %8 = reshape %7 {shape=[-1,16]}
  %y = fully_connected %8, %fc
  %plane = conv2d %1, %one
  %mask = sigmoid %plane
  return %y as "scores", %mask as "mask", %8 as "features"`,
};

/** Files that the documents speak of, under the names that they have there. */
export function fillReadersFolder(folder: string, root: string): void {
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const graphOf = (text: string): Graph => parseGraph(text, { registry });
  const model = graphOf(gir.model);
  write('model.onnx', saveOnnx(model));
  write('net.onnx', saveOnnx(graphOf(gir.net)));
  write('simplified.onnx', saveOnnx(optimize(model)));
  const samples = [1, 2].map((seed) => ({ name: `${seed}`, inputs: seededInputs(model, seed) }));
  const int8 = quantize(lowerForQuantizer(optimize(model)), samples).graph;
  for (const name of ['int8', 'qat'])
    for (const [file, content] of compileFiles(int8, 'onnx', { name })) write(file, content);
  for (const [file, content] of compileFiles(int8, 'tflite', { name: 'kws' })) write(file, content);
  const [input] = [...(samples[0]?.inputs.values() ?? [])] as [Tensor];
  write('data/input_0.npy', npy(input));
  write('test.npz', npz({ x: input, y: fromNumbers('i64', [1], [1]) }, 8));
  for (const path of ['photos/a.png', 'val/cat/a.png', 'val/dog/a.png']) write(path, picture());
  write('block.gir', blockWithBatchNorm);
  write('spec.json', JSON.stringify(smallSweep));
  const engine =
    /^```js\n(\/\/ my-engine[\s\S]*?)^```/m.exec(readFileSync(join(root, 'docs/engines.md'), 'utf8'))?.[1] ??
    '';
  for (const name of ['my-engine.mjs', 'old/engine.mjs', 'new/engine.mjs']) write(name, engine);
  const engines = join(root, 'test-fixtures/engines');
  copyFileSync(join(engines, 'engine.py'), join(folder, 'engine.py'));
  copyFileSync(join(engines, 'run'), join(folder, 'run'));
  symlinkSync(join(root, 'test-fixtures'), join(folder, 'test-fixtures'));
  symlinkSync('test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx', join(folder, 'ghost_fmnist.onnx'));
}

const blockWithBatchNorm = `graph @block(%x: f32[1,2,4,4])
  const %w: f32[2,2,1,1] = random(1)
  const %s: f32[2] = [1, 2]
  %0 = conv2d %x, %w
  %y = batch_norm %0, %s, %s, %s, %s
  return %y
`;

const smallSweep = {
  space: { width: 0.1, resolution: 32, classes: 2, board: 'nrf52840' },
  objectives: ['ram', 'instructions'],
};

function picture(): Uint8Array {
  const png = new PNG({ width: 60, height: 40 });
  png.data.forEach((_, i) => {
    png.data[i] = i % 4 === 3 ? 255 : (i * 7) % 251;
  });
  return PNG.sync.write(png);
}
