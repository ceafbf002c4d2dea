import { readFileSync } from 'node:fs';
import { lowerForKernels, optimize } from '@ghostc/compiler';
import { interpret } from '@ghostc/interpreter';
import { f32 } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';

const F = '/work/shared/models/ghost_fmnist/';
const img = (file: string, n: number) => {
  const b = readFileSync(F + file);
  return Array.from({ length: n }, (_, i) =>
    f32(
      [1, 1, 28, 28],
      Float32Array.from(b.subarray(i * 784, (i + 1) * 784), (v) => Math.fround((v / 255 - 0.286) / 0.353)),
    ),
  );
};
const g = lowerForKernels(optimize(readOnnx(readFileSync(F + 'ghost_fmnist.onnx'), {})));
const name = g.inputs[0]!.name;
const cal = img('calib_images_u8_200x28x28.bin', 200).map((t, i) => ({
  name: `${i}`,
  inputs: new Map([[name, t]]),
}));
const opts = JSON.parse(process.argv[3] ?? '[{}]') as any[];
const N = Number(process.argv[4] ?? 500);
const test = img('test_images_u8_2000x28x28.bin', N);
const labels = readFileSync(F + 'test_labels_u8.bin');
const ref = new Float32Array(new Uint8Array(readFileSync(F + 'test_logits_f32_2000x10.bin')).buffer);
const am = (v: ArrayLike<number>) => {
  let b = 0;
  for (let i = 1; i < v.length; i++) if (v[i]! > v[b]!) b = i;
  return b;
};
for (const o of opts) {
  const t0 = Date.now();
  const q = quantize(g, cal, o);
  const t1 = Date.now();
  let ok = 0,
    agree = 0,
    sig = 0,
    err = 0;
  test.forEach((t, i) => {
    const y = interpret(q.graph, new Map([[name, t]]));
    const d = [...y.values()][0]!.data as Float32Array;
    const a = am(d);
    if (a === labels[i]) ok++;
    const r = ref.subarray(i * 10, i * 10 + 10);
    if (a === am(r)) agree++;
    for (let k = 0; k < 10; k++) {
      sig += r[k]! ** 2;
      err += (r[k]! - d[k]!) ** 2;
    }
  });
  console.log(
    JSON.stringify(o),
    'acc',
    ((100 * ok) / N).toFixed(2),
    'agree',
    ((100 * agree) / N).toFixed(2),
    'sqnr',
    (10 * Math.log10(sig / err)).toFixed(1),
    'warn',
    q.warnings.length,
    (t1 - t0) / 1000,
    (Date.now() - t1) / 1000,
  );
}
