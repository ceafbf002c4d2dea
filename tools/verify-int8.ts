import { readFileSync } from 'node:fs';
import { compileC, compileWgsl, type Device, lowerForKernels, optimize, readModel } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { interpret } from '@ghostc/interpreter';
import type { Graph, Tensor } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import { createRuntime, runtimeNames, stopEngines } from '@ghostc/runtimes';

/**
 * Quantises a model on seeded inputs (one that has integers is taken as it is) and holds the integers of every target against
 * the interpreter, bit for bit: `npm run verify:int8 -- [MODEL.onnx | MODEL.tflite | ghostnet:1.0] [TARGET...]`, targets being
 * c, c@cortex-m4, ..., wgsl, wgsl@chromium, wgsl@deno. Prints arena, weights and seconds; exits with 1 when a single element
 * differs, with 2 for a target that there is not.
 */
const [model = 'ghostnet:1.0', ...chosen] = process.argv.slice(3);
const targets = runtimeNames.filter((name) => /^(c|wgsl)\b/.test(name));
const unknown = chosen.filter((name) => !targets.includes(name));
if (unknown.length) {
  console.error(`there is no target ${unknown.join(', ')}; there are ${targets.join(', ')}`);
  process.exitCode = 2;
} else process.exitCode = (await verify(chosen.length ? chosen : targets)) ? 0 : 1;

async function verify(names: readonly string[]): Promise<boolean> {
  const integers = integersOf(
    /\.(onnx|tflite)$/.test(model) ? readFile(model) : buildFromSpec(model, { seed: 1 }),
  );
  const inputs = seededInputs(integers, 3);
  const start = performance.now();
  const expected = interpret(integers, inputs);
  console.log(`interpreter    ${((performance.now() - start) / 1000).toFixed(2)} s`);
  let good = true;
  for (const name of names) {
    const before = performance.now();
    const executable = await createRuntime(name).prepare(integers);
    const outputs = await executable.run(inputs);
    await executable.dispose?.();
    const different = [...expected].reduce((sum, [key, tensor]) => sum + count(tensor, outputs.get(key)), 0);
    good &&= different === 0;
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    console.log(`${name.padEnd(14)} ${sizesOf(integers, name)}, ${different} elements differ, ${seconds} s`);
  }
  await stopEngines();
  return good;
}

function readFile(file: string): Graph {
  return readModel(readFileSync(file), { file });
}

function integersOf(graph: Graph): Graph {
  const lowered = lowerForKernels(optimize(graph));
  if ([...lowered.nodes()].some(({ op }) => op.startsWith('qlinear_'))) return lowered;
  const samples = [1, 2].map((seed) => ({ name: `seed ${seed}`, inputs: seededInputs(lowered, seed) }));
  return quantize(lowered, samples, { io: 'int8' }).graph;
}

function sizesOf(graph: Graph, target: string): string {
  if (!target.startsWith('wgsl')) {
    const { arenaBytes, weightBytes } = compileC(graph, {
      device: (target.split('@')[1] ?? 'host') as Device,
    });
    return `arena ${arenaBytes} B, weights ${weightBytes} B`;
  }
  const { arenaBytes, weightBytes, dispatches } = compileWgsl(graph).manifest;
  return `arena ${arenaBytes} B, weights ${weightBytes} B, ${dispatches.length} dispatches`;
}

function count(expected: Tensor, actual: Tensor | undefined): number {
  if (!actual) return expected.data.length;
  let different = 0;
  for (let i = 0; i < expected.data.length; i++) if (expected.data[i] !== actual.data[i]) different++;
  return different;
}
