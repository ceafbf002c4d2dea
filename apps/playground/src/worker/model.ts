import runtime from 'virtual:wgsl-runtime';
import { allowances, isolateNodes, referenceValues } from '@ghostc/bisect';
import { knownBoards, planFor } from '@ghostc/cli/fit';
import {
  type CProgram,
  compileCInSteps,
  compileFilesInSteps,
  compileWgsl as compileWgslAtOnce,
  compileWgslInSteps,
  type GraphData,
  graphData,
  lowerForQuantizer,
  optimizeInSteps,
  packageFiles,
  readModel,
  type StepOptions,
} from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { CompileError, entryOf, type Graph, type Node, type Tensor, toNumbers } from '@ghostc/ir';
import { openDimensions } from '@ghostc/ops';
import { quantize as quantizeGraph } from '@ghostc/quant';
import {
  createSession,
  type Inputs,
  picture,
  requestDevice,
  topK,
  type WgslProgram,
} from '@ghostc/wgsl-runtime';
import { strToU8, zipSync } from 'fflate';
import { type Histogram, histogram } from './histogram.ts';
import { layerCode } from './layer-code.ts';
import { pictureTensor } from './picture-tensor.ts';
import type {
  BoardFit,
  CompiledC,
  CompiledWgsl,
  CompileRequest,
  LayerDifference,
  OpenedModel,
  PassData,
  PassGraph,
  RuleEvent,
  RunResult,
  Source,
} from './protocol.ts';

/** Declined rules that a pass lists at most: on a large model they are many. */
const MOST_DECLINED = 200;

let graph: Graph | undefined;
let optimizedGraph: Graph | undefined;
/** Before the first pass, and after each; the same where a pass changed nothing. */
let graphs: readonly GraphData[] = [];
/** Prefix of files and identifiers: the file's name. */
let name = '';
let wgsl: Promise<WgslProgram<Uint8Array>> | undefined;
let session: ReturnType<typeof createSession> | undefined;

function current(): Graph {
  if (graph) return graph;
  throw new CompileError('playground/model', 'no model is open');
}

export async function open(source: Source, options: StepOptions): Promise<OpenedModel> {
  options.onProgress?.({ stage: 'read' as never, step: 'reading', done: 0 });
  const read = source.kind === 'spec' ? buildFromSpec(source.spec, { seed: 1 }) : readFile(source);
  return adopt(read, source.kind === 'file' ? source.name.replace(/\.\w+$/, '') : read.name, options);
}

/** Optimises a graph, which is the one that is open from then on. */
async function adopt(read: Graph, called: string, options: StepOptions): Promise<OpenedModel> {
  const passes: PassData[] = [];
  let events: { fired: RuleEvent[]; declined: RuleEvent[] } = { fired: [], declined: [] };
  const source = graphData(read);
  const after = [source];
  let edits = -1;
  const optimized = await optimizeInSteps(read, {
    ...options,
    onFire: (rule, node) => events.fired.push({ rule, ...site(node) }),
    onDecline: ({ rule, node, reason }) => events.declined.push({ rule, ...site(node), reason }),
    onPass: (pass, made) => {
      const { fired, declined } = events;
      passes.push({ name: pass, nodes: made.nodeCount, fired, declined: declined.slice(-MOST_DECLINED) });
      after.push((edits === made.edits && after.at(-1)) || graphData(made));
      edits = made.edits;
      events = { fired: [], declined: [] };
    },
  });
  graph = read;
  optimizedGraph = optimized;
  graphs = after;
  name = called;
  wgsl = undefined;
  session?.then((open) => open.dispose());
  session = undefined;
  const openSizes = openDimensions(read);
  return { name, source, optimized: graphData(optimized), openSizes, passes };
}

export function passGraph(pass: number): PassGraph {
  const [before, after] = graphs.slice(pass, pass + 2);
  if (!before || !after)
    throw new CompileError('playground/model', `no model with ${pass + 1} passes is open`);
  const old = new Set(before.nodes.map(({ id, op }) => `${op} ${id}`));
  const made = after.nodes.filter(({ id, op }) => !old.has(`${op} ${id}`)).map(({ id }) => id);
  return { graph: after, made: new Set(made) };
}

function readFile({ name, bytes, sizes = '' }: Extract<Source, { kind: 'file' }>): Graph {
  return readModel(bytes, { file: name, bind: sizesOf(sizes) });
}

/** Of `batch=1 height=224`. Throws `playground/sizes` for anything else. */
function sizesOf(text: string): ReadonlyMap<string, number> {
  const words = text.split(/[\s,]+/).filter(Boolean);
  return new Map(
    words.map((word) => {
      const [, name = '', size = ''] = /^(.+)=(\d+)$/.exec(word) ?? [];
      if (!name) throw new CompileError('playground/sizes', `expected sizes as NAME=SIZE, found ${word}`);
      return [name, Number(size)];
    }),
  );
}

function site(node: Node): Pick<RuleEvent, 'op' | 'node'> {
  return { op: node.op, node: node.origin.join(', ') || `%${node.outputs[0]?.name}` };
}

export async function compileC(request: CompileRequest, options: StepOptions): Promise<CompiledC> {
  const program = await compileCInSteps(current(), { name, ...request, ...options });
  const { arenaBytes, weightBytes, buffers, layers } = program;
  const code = String(program.files.get(`${program.name}.c`));
  return {
    ...{ name: program.name, arenaBytes, weightBytes, buffers },
    layers: layers.map((layer, i) => ({ ...layer, code: layerCode(code, i + 1) })),
  };
}

function program(options: StepOptions): Promise<WgslProgram<Uint8Array>> {
  wgsl ??= compileWgslInSteps(current(), { name, ...options });
  wgsl.catch(() => {
    wgsl = undefined;
  });
  return wgsl;
}

export async function compileWgsl(_: unknown, options: StepOptions): Promise<CompiledWgsl> {
  const { manifest } = await program(options);
  const { dispatches, modules } = manifest;
  return { dispatches: dispatches.map(({ label, module }) => ({ label, code: modules[module] ?? '' })) };
}

/** What `ghostc fit` plans, without the compiler's word on code and stack. */
export async function fit(_: unknown, { signal, onProgress }: StepOptions): Promise<readonly BoardFit[]> {
  const results: BoardFit[] = [];
  for (const [i, board] of knownBoards.entries()) {
    signal?.throwIfAborted();
    onProgress?.({ stage: 'plan', step: board.name, done: i / knownBoards.length });
    results.push(fitOf(board));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return results;
}

function fitOf(board: (typeof knownBoards)[number]): BoardFit {
  const facts = { board: board.name, core: board.core };
  try {
    const plan = planFor({ variant: 'as it is', graph: current(), board, io: 'caller' });
    const ramBytes = plan.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
    const { weightBytes } = plan.program;
    return { ...facts, ramBytes, weightBytes, seconds: plan.time.seconds, problems: plan.problems };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return { ...facts, ramBytes: 0, weightBytes: 0, seconds: 0, problems: [error.message] };
  }
}

/** Pictures are normalised as ImageNet's; a model with one channel gets values from 0 to 1. */
const normalisation = new Map<
  number | string,
  { readonly mean: readonly number[]; readonly std: readonly number[] }
>([
  [1, { mean: [0], std: [1] }],
  [3, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }],
]);

export async function run(image: ImageBitmap, options: StepOptions): Promise<RunResult> {
  const { manifest, weights } = await program(options);
  const { input, how } = pictureInput();
  const open = session ?? createSession(() => requestDevice(manifest), { manifest, weights });
  open.catch(() => {
    session = undefined;
  });
  const inputs: Inputs = { [input]: picture(image, how) };
  if (!session) await (await open).run(inputs); // the first run compiles
  session = open;
  const start = performance.now();
  const outputs = await (await open).run(inputs);
  const milliseconds = performance.now() - start;
  const output = manifest.outputs[0]?.name ?? '';
  return { milliseconds, output, best: topK(outputs[output] as Float32Array, 5) };
}

/** Throws `playground/input` where the model has other inputs than one picture. */
function pictureInput() {
  const [input, ...others] = current().inputs;
  const [, channels, height, width] = input?.type.shape ?? [];
  const sized = typeof height === 'number' && typeof width === 'number';
  const how = normalisation.get(channels ?? 0);
  if (!input || others.length > 0 || !sized || typeof channels !== 'number' || !how)
    throw new CompileError('playground/input', 'expected one input that is a picture [1,3,H,W] or [1,1,H,W]');
  return { input: input.name, how, shape: [channels, height, width] } as const;
}

/** Every layer of the optimised graph side by side in one program: no error travels from one to the next. The page ends it as `quantize`. */
export async function compare(image: ImageBitmap, options: StepOptions): Promise<readonly LayerDifference[]> {
  const { input, how, shape } = pictureInput();
  const model = optimizedGraph ?? current();
  const tell = (step: string, done: number): void => options.onProgress?.({ stage: 'plan', step, done });
  tell('interpreting', 0);
  const values = referenceValues({
    graph: model,
    inputs: new Map([[input, pictureTensor(image, { shape, ...how })]]),
  });
  tell('compiling the layers', 0.4);
  const layers = isolateNodes(model, values);
  const nodes = [...model.nodes()];
  const results = nodes.flatMap((node, n) =>
    node.outputs.map((value, k) => ({ node, value, name: `${n}_${k}` })),
  );
  const expected = new Map(results.map(({ value, name: key }) => [key, entryOf(values, value)]));
  const { manifest, weights: constants } = compileWgslAtOnce(layers.graph, { name: 'layers' });
  const session = await createSession(() => requestDevice(manifest), { manifest, weights: constants });
  const found = await session
    .run(Object.fromEntries([...layers.inputs].map(([key, tensor]) => [key, asInput(tensor)])))
    .finally(() => session.dispose());
  tell('what rounding explains', 0.7);
  const allowed = allowances(layers, expected);
  return results.map(({ node, name: key }) => {
    const right = toNumbers(entryOf(expected, key));
    const [bounds, got] = [entryOf(allowed, key), found[key] ?? []];
    let worst = { difference: 0, allowed: bounds[0] ?? 0, ratio: 0 };
    right.forEach((value, i) => {
      const difference = Math.abs(value - Number(got[i]));
      const bound = bounds[i] ?? 0;
      const ratio = difference === 0 ? 0 : difference / bound;
      if (!(ratio <= worst.ratio)) worst = { difference, allowed: bound, ratio };
    });
    return { ...site(node), difference: worst.difference, allowed: worst.allowed };
  });
}

/** In the form that a session accepts: quantised bytes unchanged, everything else as float32. */
function asInput(tensor: Tensor): Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer> {
  const numbers = toNumbers(tensor);
  return tensor.dtype === 'i8' ? Int8Array.from(numbers) : Float32Array.from(numbers);
}

/** Int8, with ranges from pictures. It cannot be stopped between them: the page ends the worker instead. */
export async function quantize(images: readonly ImageBitmap[], options: StepOptions): Promise<OpenedModel> {
  const { input, how, shape } = pictureInput();
  const samples = images.map((image, i) => ({
    name: `${i}`,
    inputs: new Map([[input, pictureTensor(image, { shape, ...how })]]),
  }));
  const told = function* () {
    for (const [i, sample] of samples.entries()) {
      options.onProgress?.({
        stage: 'optimize',
        step: `picture ${i + 1} of ${samples.length}`,
        done: i / samples.length,
      });
      yield sample;
    }
  };
  const lowered = lowerForQuantizer(optimizedGraph ?? current());
  const quantized = quantizeGraph(lowered, { [Symbol.iterator]: told }).graph;
  return adopt(quantized, `${name}-int8`, options);
}

export function weights(constant: string): Histogram | undefined {
  for (const one of [graph, optimizedGraph])
    for (const { name: known, constant: tensor } of one?.constants ?? [])
      if (known === constant && tensor) return histogram(tensor);
  return undefined;
}

/**
 * C, ONNX and WGSL, each in a separate folder. A target that refuses the model gets a text with the reason
 * instead.
 */
export async function zip(request: CompileRequest, options: StepOptions): Promise<Uint8Array> {
  const model = current();
  const files: Record<string, Uint8Array> = {};
  const add = async (target: string, make: () => Promise<ReadonlyMap<string, string | Uint8Array>>) => {
    const made = await make().catch((error) => {
      if (!(error instanceof CompileError)) throw error;
      return new Map([['refused.txt', `${error.message}\n`]]);
    });
    for (const [path, content] of made)
      files[`${target}/${path}`] = typeof content === 'string' ? strToU8(content) : content;
  };
  const plain = (compiled: CProgram) => packageFiles(compiled, 'plain');
  await add('c', async () => plain(await compileCInSteps(model, { name, ...request, ...options })));
  await add('onnx', () => compileFilesInSteps(model, 'onnx', { name, ...options }));
  await add('wgsl', () => compileFilesInSteps(model, 'wgsl', { name, ...options, runtime }));
  return zipSync(files, { level: 6 });
}
