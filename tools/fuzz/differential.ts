import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bisect, measureOutputs, type Sample } from '@ghostc/bisect';
import { type Runtime, seededInputs, type Tensors } from '@ghostc/conformance';
import { copyGraph, mergeModels, saveOnnx } from '@ghostc/edit';
import { interpret } from '@ghostc/interpreter';
import { type Graph, printGraph, type Tensor, toNumbers } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { createRuntime } from '@ghostc/runtimes';
import { randomGraph } from '@ghostc/validation';
import fc from 'fast-check';

/**
 * Differential fuzzing: valid random graphs in every runtime against the interpreter, within derived bounds. Graphs go in
 * batches, side by side in one model, so that one compiler run serves many. A graph that differs is reduced and saved.
 * `npm run fuzz:graphs -- [--graphs N] [--seed N] [--seconds N] [--targets onnx,c,wgsl]`; exit code 1 when any differs.
 */
const BATCH = 40;
/** Inputs are drawn again when a result is no number, so often at most. */
const DRAWS = 5;

const { values } = parseArgs({
  allowPositionals: true, // the file that run-ts.mjs was given
  options: {
    graphs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1e9' },
    targets: { type: 'string', default: 'onnx,c,wgsl' },
    failures: { type: 'string', default: 'fuzz-failures' },
    json: { type: 'boolean', default: false },
  },
});

interface Tally {
  graphs: number;
  /** Graphs that give no number on any of the inputs drawn. */
  dropped: number;
  readonly differing: string[];
}

await main();

async function main(): Promise<void> {
  const runtimes = values.targets.split(',').map((name) => createRuntime(name));
  const tally: Tally = { graphs: 0, dropped: 0, differing: [] };
  const end = performance.now() + Number(values.seconds) * 1000;
  const wanted = Number(values.graphs);
  for (let batch = 0; tally.graphs < wanted && performance.now() < end; batch++) {
    const seed = Number(values.seed) * 1_000_003 + batch;
    const graphs = fc.sample(randomGraph(), { numRuns: Math.min(BATCH, wanted - tally.graphs), seed });
    await runBatch(graphs, runtimes, { seed, tally });
    tally.graphs += graphs.length;
    if (process.stderr.isTTY)
      process.stderr.write(`\r${tally.graphs} graphs, ${tally.differing.length} differ `);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (values.json)
    console.log(JSON.stringify({ ...tally, targets: runtimes.map(({ name }) => name) }, null, 2));
  else
    console.log(
      `${tally.graphs} graphs on ${values.targets}: ${tally.differing.length} differ, ${tally.dropped} gave no numbers`,
    );
  for (const line of tally.differing) console.log(line);
  process.exitCode = tally.differing.length ? 1 : 0;
}

interface Member extends Sample {
  readonly expected: Tensors;
}

async function runBatch(
  graphs: readonly Graph[],
  runtimes: readonly Runtime[],
  { seed, tally }: { seed: number; tally: Tally },
): Promise<void> {
  const members = graphs.map((graph, i) => withNumbers(graph, seed * 100 + i));
  const sound = members.filter((member) => member !== null);
  tally.dropped += members.length - sound.length;
  if (sound.length === 0) return;
  const whole = sideBySide(sound);
  for (const runtime of runtimes) {
    const outputs = await runAll(runtime, whole);
    for (const [i, member] of sound.entries()) {
      const own = new Map(
        [...member.expected.keys()].map((name) => [name, outputs?.get(`g${i}_${name}`) as Tensor]),
      );
      const worst =
        outputs &&
        Math.max(...[...measureOutputs(member, member.expected, own).values()].map(({ ratio }) => ratio));
      if (worst === null || worst > 1) await differs(member, runtime, tally);
    }
  }
}

/** Null when the model does not even run: then each member is tried alone. */
async function runAll(runtime: Runtime, { graph, inputs }: Sample): Promise<Tensors | null> {
  try {
    const executable = await runtime.prepare(graph);
    try {
      return await executable.run(inputs);
    } finally {
      await executable.dispose?.();
    }
  } catch {
    return null;
  }
}

/** The graph with inputs on which every output is a number; null when five draws find none. */
function withNumbers(graph: Graph, seed: number): Member | null {
  for (let draw = 0; draw < DRAWS; draw++) {
    const inputs = seededInputs(graph, seed + draw * 7919);
    const expected = interpret(graph, inputs);
    if ([...expected.values()].every((tensor) => toNumbers(tensor).every(Number.isFinite)))
      return { graph, inputs, expected };
  }
  return null;
}

function sideBySide(members: readonly Member[]): Sample {
  const renamed = members.map(({ graph }, i) => copyGraph(graph, { rename: (name) => `g${i}_${name}` }));
  const inputs = members.flatMap((member, i) =>
    [...member.inputs].map(([name, tensor]): [string, Tensor] => [`g${i}_${name}`, tensor]),
  );
  return { graph: renamed.reduce((all, one) => mergeModels(all, one, {})), inputs: new Map(inputs) };
}

/** Reduces a failing graph with the interpreter as the judge, and saves it where a suite can pick it up. */
async function differs(member: Member, runtime: Runtime, tally: Tally): Promise<void> {
  const name = `${runtime.name.replace(/\W/g, '-')}-${values.seed}-${tally.differing.length}`;
  const folder = join(values.failures, name);
  try {
    const { smallest, culprit } = await bisect(member, { a: createRuntime('interpreter'), b: runtime });
    const found = smallest ?? member;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.gir'), printGraph(found.graph, registry).text);
    writeFileSync(join(folder, 'model.onnx'), saveOnnx(found.graph));
    for (const [input, tensor] of found.inputs)
      writeFileSync(join(folder, `${input}.pb`), writeTensorProto(tensor));
    tally.differing.push(`${runtime.name}: ${culprit?.op ?? 'several ops'}, saved in ${folder}`);
  } catch (error) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.gir'), printGraph(member.graph, registry).text);
    tally.differing.push(
      `${runtime.name}: ${error instanceof Error ? error.message : error}, saved in ${folder}`,
    );
  }
}
