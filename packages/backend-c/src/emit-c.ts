import {
  byteSize,
  CompileError,
  ConstantStore,
  constantOf,
  crc32,
  type DType,
  type Graph,
  hashWords,
  Node,
  numElements,
  staticShape,
  type TensorData,
  type Value,
} from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';
import {
  type PlacedStream,
  type Placement,
  type RowMove,
  runningSteps,
  type Stage,
  type Step,
  type Stream,
  type StreamedPlan,
} from '@ghostc/planner';
import type { CFetch, CLayer, CProgram, EmitCOptions, LayerPlace } from './c-program.ts';
import { cType } from './c-type.ts';
import { checkName } from './check-graph.ts';
import { costFacts } from './costs/layer-facts.ts';
import { fetchedSteps, planFetches } from './fetch-text.ts';
import { FunctionTable } from './function-table.ts';
import { headerText } from './header-text.ts';
import type { CFunction, KernelCall, KernelContext } from './kernel.ts';
import { type Lanes, lanesOf } from './lanes.ts';
import { observerCall } from './observer-text.ts';
import { arenaAlign, type CPlan } from './plan-c.ts';
import { arenaOffset, buffersOf, checkedSection, peaksOf, streamFacts, tensorOf } from './program-parts.ts';
import { parameterName } from './run-parameters.ts';
import { sourceText } from './source-text.ts';
import { fillFunction, firstRow, moveFunction } from './stream-text.ts';
import { safeComment } from './text/safe-comment.ts';
import { checkThreadable, type StageLines, stageCall } from './thread-text.ts';
import { arenaAddress, elementOf, type StoredElement, weightAddress } from './typed-memory.ts';
import { weightFiles, weightForm } from './weight-files.ts';

/**
 * Emits a planned graph (fixed shapes, float32 or quantised integers, constant weights) as a C99 library: one specialised static
 * function per distinct layer geometry and `int <name>_run(arena, inputs..., outputs...)`; with `io: 'arena'`,
 * `int <name>_run(arena)`. The same plan and options give the same bytes. Throws CompileError (`backend-c/...`) for what C cannot express.
 */
export function emitC(planned: CPlan, options: EmitCOptions): CProgram {
  checkName(options.name);
  const { plan, extraWork, device, kernel, io, threads, stages: parallel } = planned;
  const lanes = lanesOf(device);
  const { name, observer = false } = options;
  const inArena = io === 'arena';
  const settings = { lanes, kernel, name, observer };
  if (threads > 1) checkThreadable(options);
  const { emitter, steps, words, fetchBytes, fetches, stages } =
    options.weights === 'fetch'
      ? emitFetched(plan, settings, inArena)
      : emitResident({ plan, parallel }, settings, inArena);
  const offset = (value: Value): number | undefined => (inArena ? arenaOffset(value, plan) : undefined);
  const program = {
    name: options.name,
    device,
    noUnaligned: options.noUnaligned ?? false,
    inputs: plan.graph.inputs.map((value) => tensorOf(value.name, { value, offset: offset(value) })),
    outputs: plan.graph.outputs.map(({ name, value }) => tensorOf(name, { value, offset: offset(value) })),
    arenaBytes: Math.max(plan.arenaBytes, arenaAlign),
    arenaGap: plan.gap,
    streams: plan.order.flatMap((step) => (step instanceof Node ? [] : [streamFacts(step)])),
    bandWork: extraWork,
    peaks: peaksOf(plan),
    buffers: buffersOf(plan),
    weightBytes: words.byteLength,
    fetchBytes,
    fetches,
    form: weightForm(options.weights, device, words.byteLength),
    threads,
    layers: emitter.layers,
    sourceHash: options.sourceHash,
  };
  const facts = {
    ...program,
    weightHash: hashWords(words),
    weightTypes: emitter.weightTypes,
    weightSection: checkedSection(options.weightSection, program.form),
    weightCrc32: crc32(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)),
    lowerBound: plan.lowerBound,
    layersFail: emitter.layersFail,
    observer,
  };
  const files: [string, string | Uint8Array][] = [
    [`${options.name}.h`, headerText(facts)],
    [`${options.name}.c`, sourceText(facts, { lanes, functions: emitter.functions.text(), steps, stages })],
    ...weightFiles(facts, words),
  ];
  return { ...program, files: new Map(files) };
}

interface Emitted {
  readonly emitter: Emitter;
  readonly steps: readonly string[];
  readonly words: Uint32Array;
  readonly fetchBytes: number;
  readonly fetches: readonly CFetch[];
  /** What threads compute at the same time: for each stage, the lines of its lists. */
  readonly stages: readonly StageLines[];
}

/** All weights at one place. */
function emitResident(
  { plan, parallel }: { readonly plan: StreamedPlan; readonly parallel: readonly Stage<Node>[] },
  settings: Settings,
  inArena: boolean,
): Emitted {
  const emitter = new Emitter(plan, settings);
  const stageOf = new Map<Step, Stage<Node>>(
    parallel.flatMap((stage) => stage.flat().map((node) => [node, stage])),
  );
  const stages: StageLines[] = [];
  const steps = plan.order.flatMap((step) => {
    const stage = stageOf.get(step);
    if (!stage) return emitter.step(step);
    if (stage[0]?.[0] !== step) return [];
    stages.push(stage.map((list) => list.flatMap((node) => emitter.step(node))));
    return [stageCall(settings.name, stages.length, stage.length)];
  });
  return {
    emitter,
    steps: [...steps, ...(inArena ? [] : emitter.finalCopies())],
    words: emitter.store.words(),
    fetchBytes: 0,
    fetches: [],
    stages,
  };
}

/** The weights of each step by themselves, at its place in the buffer, which the code gets when all sizes are known. */
function emitFetched(plan: StreamedPlan, settings: Settings, inArena: boolean): Emitted {
  const emitter = new Emitter(plan, settings, movableAddress);
  const units = [
    ...plan.order.map((step) => () => emitter.step(step)),
    ...(inArena ? [] : [() => emitter.finalCopies()]),
  ];
  const emitted = units.map((emit) => {
    emitter.startWeights();
    const lines = emit();
    const words = emitter.store.words();
    return { lines, words, bytes: words.byteLength, end: emitter.layers.length };
  });
  const fetches = planFetches(emitted.map(({ bytes }) => bytes));
  const parts = emitted.map((part, i) => ({ ...part, lines: moved(part.lines, fetches.places[i] ?? 0) }));
  const words = new Uint32Array(parts.reduce((sum, { bytes }) => sum + bytes, 0) / 4);
  let at = 0;
  for (const part of parts) {
    words.set(part.words, at);
    at += part.words.length;
  }
  return {
    emitter,
    steps: fetchedSteps(settings.name, parts, fetches),
    words,
    fetchBytes: fetches.bufferBytes,
    fetches: fetchedRanges(emitted),
    stages: [],
  };
}

/** `end` is the number of layers up to the end of each part. */
function fetchedRanges(parts: readonly { readonly bytes: number; readonly end: number }[]): CFetch[] {
  const ranges: CFetch[] = [];
  let offset = 0;
  parts.forEach(({ bytes, end }, i) => {
    const first = parts[i - 1]?.end ?? 0;
    const last = ranges.at(-1);
    if (bytes > 0) ranges.push({ offset, bytes, layers: [first, end] });
    else if (last) ranges[ranges.length - 1] = { ...last, layers: [last.layers[0], end] };
    offset += bytes;
  });
  return ranges;
}

/** Address of weights whose place in the buffer is not yet known; no compiler accepts it. */
const movableAddress: typeof weightAddress = (element, offset) => `@${element}+${offset}@`;

function moved(lines: readonly string[], place: number): string[] {
  return lines.map((line) =>
    line.replace(/@(\w+)\+(\d+)@/g, (_, element: StoredElement, offset: string) =>
      weightAddress(element, place + Number(offset)),
    ),
  );
}

/** Where a build may count: see the macro's definition in the source. */
function layerMark(layer: number): string {
  return `GHOSTC_LAYER(${layer});`;
}

/** What all layers of a program share. */
interface Settings {
  readonly name: string;
  readonly lanes: Lanes;
  readonly kernel: CPlan['kernel'];
  readonly observer: boolean;
}

class Emitter {
  store = new ConstantStore();
  readonly functions: FunctionTable;
  readonly weightTypes = new Set<StoredElement>();
  readonly layers: CLayer[] = [];
  /** Can a layer fail? */
  layersFail = false;
  readonly #graph: Graph;
  readonly #plan: StreamedPlan;
  readonly #settings: Settings;
  readonly #constants: readonly Value[];
  /** Of the steps that run code, as the plan's `live` counts them. */
  readonly #steps: ReadonlyMap<Step, number>;
  #count = 0;
  /** Of the node that is emitted, or of the bands that contain it. */
  #step = 0;
  #calls = 1;
  readonly #addressOf: typeof weightAddress;

  constructor(plan: StreamedPlan, settings: Settings, addressOf = weightAddress) {
    this.#graph = plan.graph;
    this.#plan = plan;
    this.#settings = settings;
    this.#addressOf = addressOf;
    this.functions = new FunctionTable(settings.name);
    this.#steps = new Map(runningSteps(plan).map((step, i) => [step, i]));
    this.#constants = [...plan.graph.constants];
  }

  /** What follows has separate weights. */
  startWeights(): void {
    this.store = new ConstantStore();
  }

  /** Comment and call of one node, or the loop over bands; nothing for what the plan elides. */
  step(step: Node | PlacedStream): string[] {
    if (this.#plan.elided.has(step)) return [];
    this.#step = this.#steps.get(step) ?? this.#step;
    return step instanceof Node ? this.#layerCall(step) : this.#bands(step);
  }

  #layerCall(node: Node): string[] {
    const comment = this.#comment(node);
    const { fn, args, form = '' } = this.#settings.kernel(node).emit(this.#context(node));
    this.layers.push({ ...this.#layer(node), form });
    const { name, observer } = this.#settings;
    const observed = observer ? observerCall(name, this.#count - 1) : [];
    return [comment, layerMark(this.#count), ...observed, ...this.#checked(fn, this.#call({ fn, args }))];
  }

  #layer(node: Node): Omit<CLayer, 'form'> {
    const { op, origin, output } = node;
    const at = this.#steps.get(node);
    const liveBytes = at === undefined ? null : (this.#plan.live[at] ?? null);
    return {
      step: this.#step,
      op,
      name: origin[0] ?? output.name,
      dtype: output.type.dtype,
      shape: staticShape(output.type.shape),
      ...costFacts(node, this.#settings.kernel(node)),
      calls: this.#calls,
      liveBytes,
      output: output.name,
      place: at === undefined ? null : written(this.#place(output)),
    };
  }

  /** The loop over the bands of a stream. */
  #bands({ stream, plan }: PlacedStream): string[] {
    const fills = stream.slabs.map((slab) =>
      this.#call({ fn: fillFunction(slab, stream.pads.get(slab) ?? 0), args: [this.#pointer(slab)] }),
    );
    return [
      `/* ${plan.order.length} steps in ${stream.bands} bands of rows */`,
      ...fills,
      `for (int t = 0; t < ${stream.bands}; t++) {`,
      ...plan.order.flatMap((step) => this.#bandStep(step, stream)),
      '}',
    ];
  }

  #bandStep(step: Node | RowMove, { active, bands }: Stream): string[] {
    const [first, end] = active.get(step) ?? [0, bands];
    this.#calls = end - first;
    const lines = step instanceof Node ? this.step(step) : [this.#move(step)];
    this.#calls = 1;
    const tests = [...(first > 0 ? [`t >= ${first}`] : []), ...(end < bands ? [`t < ${end}`] : [])];
    if (!tests.length || !lines.length) return lines;
    return [`if (${tests.join(' && ')}) {`, ...lines, '}'];
  }

  #move(move: RowMove): string {
    const image = this.#pointer(move.image);
    const band = this.#pointer(move.band);
    const ends = move.kind === 'load' ? [image, band] : [band, image];
    return this.#call({ fn: moveFunction(move), args: [...ends, firstRow(move)] });
  }

  /** Copies for graph outputs whose value does not lie in the caller's buffer. */
  finalCopies(): string[] {
    return this.#graph.outputs.flatMap(({ name, value }, index) => {
      const place = this.#place(value);
      if (place.region === 'output' && place.index === index) return [];
      const count = numElements(value.type.shape);
      if (count === 0) return [];
      const type = cType(value.type.dtype);
      const fn = {
        hint: `copy_${count}`,
        params: [`const ${type} *x`, `${type} *y`],
        body: [`for (int i = 0; i < ${count}; i++) {`, 'y[i] = x[i];', '}'],
      };
      const target = address({ region: 'output', index, offset: 0 }, value.type.dtype, this.#graph);
      return [`/* output ${safeComment(name)} */`, this.#call({ fn, args: [this.#pointer(value), target] })];
    });
  }

  #call({ fn, args }: KernelCall): string {
    return `${this.functions.name(fn)}(${args.join(', ')});`;
  }

  /** The run ends where a layer could not be computed. */
  #checked({ result }: CFunction, call: string): string[] {
    if (!result) return [call];
    this.layersFail = true;
    return [`if (${call.slice(0, -1)} != 0) {`, `return ${this.#settings.name.toUpperCase()}_E_LAYER;`, '}'];
  }

  #context(node: Node): KernelContext {
    const scratch = this.#plan.scratch.get(node);
    return {
      node,
      lanes: this.#settings.lanes,
      pointer: (value) => this.#pointer(value),
      weights: (data) => this.#weights(data),
      scratch: scratch ? arenaAddress('f32', scratch.offset) : null,
      scratchBytes: scratch ? arenaAddress('i8', scratch.offset) : null,
      sharesOutput: (value) => this.#pointer(value) === this.#pointer(node.output),
    };
  }

  #comment(node: Node): string {
    const from = node.origin.map(safeComment).join(' + ');
    const shapes = node.inputs.flatMap((value) => (value && !value.constant ? [shapeText(value)] : []));
    const macs = nodeMacs(node);
    const work = macs ? `, ${macs} MACs` : '';
    return `/* ${++this.#count}. ${node.op}: ${shapes.join(', ')} -> ${node.outputs.map(shapeText).join(', ')}${work}${from ? `; ${from}` : ''} */`;
  }

  #place(value: Value): Placement {
    const place = this.#plan.placements.get(value);
    if (place) return place;
    throw new CompileError('backend-c/placement', `%${value.name} has no place in memory`);
  }

  #pointer(value: Value): string {
    const place = this.#place(value);
    if (place.region !== 'constant') return address(place, value.type.dtype, this.#graph);
    return this.#weights(constantOf(this.#constants[place.index]).data);
  }

  #weights(data: TensorData): string {
    const element = elementOf(data);
    this.weightTypes.add(element);
    return this.#addressOf(element, this.store.add(data));
  }
}

function address({ region, index, offset }: Placement, dtype: DType, graph: Graph): string {
  if (region === 'arena') return arenaAddress(dtype, offset);
  const elements = offset / byteSize(dtype);
  const name =
    region === 'input'
      ? parameterName('in', index, graph.inputs.length)
      : parameterName('out', index, graph.outputs.length);
  return elements === 0 ? name : `${name} + ${elements}`;
}

function written({ region, index, offset }: Placement): LayerPlace | null {
  return region === 'arena' || region === 'output' ? { region, index, offset } : null;
}

function shapeText({ type }: Value): string {
  return `[${staticShape(type.shape).join(',')}]`;
}
