import { readFileSync } from 'node:fs';
import { compileC, devices, lowerForKernels, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { interpret } from '@ghostc/interpreter';
import type { Tensor } from '@ghostc/ir';
import { readOnnx } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { runC } from '@ghostc/runtimes';

/**
 * Quantises a model on seeded inputs and holds the integer C of every device against the interpreter, bit for bit:
 * `npm run verify:int8 -- [model.onnx | ghostnet:1.0] [device...]`. Prints arena, weights and seconds; exits with 1 when a
 * single element differs.
 */
const [model = 'ghostnet:1.0', ...chosen] = process.argv.slice(3);
const graph = model.endsWith('.onnx') ? readOnnx(readFileSync(model)) : buildFromSpec(model, { seed: 1 });
const float = lowerForKernels(optimize(graph));
const samples = [1, 2].map((seed) => ({ name: `seed ${seed}`, inputs: seededInputs(float, seed) }));
const { graph: integers } = quantize(float, samples, { io: 'int8' });
const inputs = seededInputs(integers, 3);

const start = performance.now();
const expected = interpret(integers, inputs);
console.log(`interpreter   ${((performance.now() - start) / 1000).toFixed(2)} s`);

let failed = false;
for (const device of chosen.length ? devices.filter((name) => chosen.includes(name)) : devices) {
  const program = compileC(integers, { device });
  const before = performance.now();
  const [run] = await runC(program, device, [inputs]);
  const different = [...expected].reduce(
    (sum, [name, tensor]) => sum + count(tensor, run?.outputs.get(name)),
    0,
  );
  failed ||= different > 0;
  console.log(
    `${device.padEnd(13)} arena ${program.arenaBytes} B, weights ${program.weightBytes} B, ${different} elements differ, ${((performance.now() - before) / 1000).toFixed(1)} s`,
  );
}
process.exitCode = failed ? 1 : 0;

function count(expected: Tensor, actual: Tensor | undefined): number {
  if (!actual) return expected.data.length;
  let different = 0;
  for (let i = 0; i < expected.data.length; i++) if (expected.data[i] !== actual.data[i]) different++;
  return different;
}
