import {
  byteSize,
  CompileError,
  ConstantStore,
  constantOf,
  crc32,
  type Node,
  numElements,
  type Tensor,
  type Value,
} from '@ghostc/ir';
import { lookup } from '@ghostc/ops';
import type { MemoryPlan } from '@ghostc/planner';
import type { AdapterKind, Dispatch, IoTensor, WgslManifest, WgslProgram } from '@ghostc/wgsl-runtime';
import type { Carried } from './carry.ts';
import { chainStep } from './chains/chain-step.ts';
import type { Chain } from './chains/find-chains.ts';
import { ioTensor } from './io-tensor.ts';
import { isPacked } from './is-packed.ts';
import type { Emit, KernelContext, Place, Step } from './kernel.ts';
import { flatCopyStep, wordCopyStep } from './kernels/copy.ts';
import { roundStep } from './kernels/general/round-to.ts';
import { kernelOf } from './kernels/kernel-of.ts';
import { wordsOfBytes } from './kernels/quantized/byte-step.ts';
import { labelOf, printable } from './label-of.ts';
import { ModuleTable } from './module-table.ts';
import { arenaAlign, type WgslPlan } from './plan-wgsl.ts';
import { showShaders } from './shader-observer.ts';
import { workgroupsFor } from './text/module-text.ts';
import { toHalves } from './to-halves.ts';
import { type TunableLayer, type Tuning, tunedForm, tunedShape } from './tuning.ts';

export interface EmitWgslOptions {
  /** Of the program, for files and messages. */
  readonly name: string;
  /** How matrices of weights are stored: f16 halves matrices in the file, and in memory where the device has shader-f16. Sums are f32. */
  readonly matrices?: 'f32' | 'f16' | undefined;
  /** Shapes that were measured to be best; the static cost model decides where a layer is absent. */
  readonly tuning?: Tuning | undefined;
  /** SHA-256 of what the program is made from, in hex, for the manifest. */
  readonly sourceHash?: string | undefined;
  /** Called at the end with the layers that have a shape. */
  readonly onTunable?: ((layers: readonly TunableLayer[]) => void) | undefined;
}

/** WebGPU's default maxStorageBufferBindingSize in bytes. */
export const maxBindingBytes = 128 * 1024 * 1024;

/**
 * Emits a planned graph (fixed shapes, float32 and quantised bytes, constant weights) as a WebGPU program: packs the weights for the
 * kernels, one dispatch a node (none for views and concats in place). The same plan and options
 * give the same bytes. Throws CompileError (`wgsl/...`): what has no kernel, and a buffer beyond WebGPU's default limits.
 */
export function emitWgsl(planned: WgslPlan, options: EmitWgslOptions): WgslProgram<Uint8Array> {
  const { name, matrices, tuning = {}, onTunable, sourceHash } = options;
  const { graph, plan } = planned;
  const emitter = new Emitter(planned, { matrices, tuning });
  // before tables are made for what is too large anyway
  checkLimit('arena', emitter.arenaBytes);
  const lists: Record<AdapterKind, Dispatch[]> = { software: [], gpu: [] };
  const layers: TunableLayer[] = [];
  const chainOf = new Map(
    planned.chains.flatMap((chain) => chain.nodes.map((node) => [node, chain] as const)),
  );
  for (const node of plan.order)
    for (const [adapter, { dispatches, tunable }] of emitter.emit(node, chainOf.get(node))) {
      if (tunable) layers.push({ ...tunable, adapter, dispatch: lists[adapter].length });
      lists[adapter].push(...dispatches);
    }
  const inputs = graph.inputs.map((value) => emitter.io(value.name, value));
  const outputs = graph.outputs.map((output) => emitter.io(output.name, output.value));
  const before = emitter.preparations.length;
  onTunable?.(layers.map((layer) => ({ ...layer, dispatch: layer.dispatch + before })));
  const whole = (list: readonly Dispatch[]): Dispatch[] => [...emitter.preparations, ...list];
  const [dispatches, gpuDispatches] = [whole(lists.software), whole(lists.gpu)];
  const { arenaBytes, store, modules } = emitter;
  checkLimit('arena', arenaBytes);
  const halfBytes = (emitter.halves?.byteLength ?? 0) / 2;
  const weightBytes = store.byteLength + halfBytes;
  checkLimit('weight buffer', store.byteLength + 2 * halfBytes);
  const weights = joined(
    bytesOf(store),
    emitter.halves ? toHalves(bytesOf(emitter.halves)) : new Uint8Array(0),
  );
  const manifest: WgslManifest = {
    format: 'ghostc-wgsl/2',
    name,
    ...(sourceHash && { sourceHash }),
    arenaBytes,
    weightBytes,
    halfBytes,
    weightCrc32: crc32(weights),
    inputs,
    outputs,
    modules: modules.modules,
    variants: modules.variants,
    dispatches,
    ...(!isSame(dispatches, gpuDispatches) && { gpuDispatches }),
  };
  showShaders(manifest);
  return { manifest, weights };
}

type Shaped = Pick<TunableLayer, 'key' | 'shape'>;

/** A node's dispatches, and its shape if it has one. */
interface Emitted {
  readonly dispatches: readonly Dispatch[];
  readonly tunable?: Shaped | undefined;
}

/** Modules determine everything: whatever else differs, such as sizes, follows from the node. */
const isSame = (one: readonly Dispatch[], other: readonly Dispatch[]): boolean =>
  one.length === other.length && one.every(({ module }, i) => module === other[i]?.module);

const bytesOf = (store: ConstantStore): Uint8Array => new Uint8Array(store.words().buffer);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.byteLength + second.byteLength);
  all.set(first);
  all.set(second, first.byteLength);
  return all;
}

function checkLimit(what: string, bytes: number): void {
  if (bytes <= maxBindingBytes) return;
  const problem = `the ${what} takes ${bytes} bytes; maxStorageBufferBindingSize allows ${maxBindingBytes}`;
  throw new CompileError('wgsl/limit', problem);
}

class Emitter {
  readonly store = new ConstantStore();
  /** Matrices, where they are stored apart as f16. */
  readonly halves: ConstantStore | undefined;
  readonly modules: ModuleTable;
  /** Copies of constants that kernels, or the caller, need in the arena. */
  readonly preparations: Dispatch[] = [];
  arenaBytes: number;
  readonly #tuning: Tuning;
  readonly #plan: MemoryPlan;
  readonly #types: Carried['types'];
  readonly #constants: readonly Value[];
  /** Arena offsets of constants that were copied, by constant. */
  readonly #copies = new Map<Value, number>();

  constructor(
    { graph, types, plan }: WgslPlan,
    { matrices, tuning }: Pick<EmitWgslOptions, 'matrices'> & { tuning: Tuning },
  ) {
    this.#types = types;
    this.#tuning = tuning;
    this.halves = matrices === 'f16' ? new ConstantStore() : undefined;
    this.modules = new ModuleTable(matrices);
    this.#plan = plan;
    this.#constants = [...graph.constants];
    this.arenaBytes = plan.arenaBytes;
  }

  /** For software adapters, and for GPUs. A chain is emitted in the place of its last node. */
  emit(node: Node, chain?: Chain): readonly (readonly [AdapterKind, Emitted])[] {
    if (this.#plan.elided.has(node) || (chain && node !== chain.nodes.at(-1))) return [];
    if (chain) {
      const emitted = { dispatches: [this.#chained(chain)] };
      return [
        ['software', emitted],
        ['gpu', emitted],
      ];
    }
    const { emit, emitWide } = kernelOf(node, this.#types.get(node.output) ?? 'f32');
    const software = this.#emitted(node, emit);
    return [
      ['software', software],
      ['gpu', emitWide ? this.#emitted(node, emitWide) : software],
    ];
  }

  #emitted(node: Node, emit: Emit): Emitted {
    let tunable: Shaped | undefined;
    const dispatches = this.#dispatches(
      this.#context(node, (shaped) => (tunable = shaped)),
      emit,
    );
    return { dispatches, tunable };
  }

  #chained(chain: Chain): Dispatch {
    const step = chainStep(chain, (node) => {
      const { emit, sharing } = kernelOf(node, node.output.type.dtype);
      const [only] = emit(this.#context(node));
      const items = sharing?.(node)?.items;
      if (!only || !items) throw new CompileError('wgsl/op', `${node.op} has no step that others may share`);
      return { step: only, items };
    });
    return this.#dispatchOf(step, chain.nodes.map(labelOf).join(' | '));
  }

  #context(node: Node, onShape: (shaped: Shaped) => void = () => {}): KernelContext {
    return {
      node,
      typeOf: (value) => this.#types.get(value) ?? 'f32',
      place: (value) => this.#place(value),
      arena: (value) => this.#arena(value),
      scratch: () => (this.#plan.scratch.get(node)?.offset ?? 0) / 4,
      shape: (key, fallback) => {
        const shaped = { key, shape: tunedShape(this.#tuning, key) ?? fallback };
        onShape(shaped);
        return shaped.shape;
      },
      tile: (key) => tunedForm(this.#tuning, key)?.tile,
      weights: (data) => this.store.add(data) / 4,
      matrix: (data) => (this.halves ?? this.store).add(data) / 16,
    };
  }

  /** The kernel's, plus the rounding of its outputs to the types that they represent. */
  #dispatches(context: KernelContext, emit: Emit): Dispatch[] {
    const { node, typeOf } = context;
    const steps = [...emit(context)];
    if (node.op !== 'cast' && !lookup(node.op).traits.has('movement'))
      for (const value of node.outputs)
        if (!isPacked(value.type))
          steps.push(...roundStep(typeOf(value), this.#arena(value), numElements(value.type.shape)));
    return steps.map((step) => this.#dispatchOf(step, labelOf(node)));
  }

  io(name: string, value: Value): IoTensor {
    return ioTensor(name, value.type, this.#arena(value) * 4);
  }

  #dispatchOf(step: Step, label: string): Dispatch {
    return {
      label,
      module: this.modules.add(step),
      entryPoint: 'main',
      ints: { COUNT: step.count, ...step.ints },
      ...(step.floats && { floats: step.floats }),
      workgroups: workgroupsFor(step),
    };
  }

  #place(value: Value): Place {
    const placement = this.#plan.placements.get(value);
    if (!placement) throw new CompileError('wgsl/placement', `%${value.name} has no place in memory`);
    if (placement.region === 'arena') return { buffer: 'arena', offset: placement.offset / 4 };
    const constant = constantOf(this.#constants[placement.index]);
    return { buffer: 'weights', offset: (this.store.add(wordsOf(constant)) + placement.offset) / 4 };
  }

  #arena(value: Value): number {
    const place = this.#place(value);
    if (place.buffer === 'arena') return place.offset;
    return this.#copies.get(value) ?? this.#copy(value, place);
  }

  #copy(value: Value, source: Place): number {
    const count = Math.ceil((numElements(value.type.shape) * byteSize(value.type.dtype)) / 4);
    const offset = Math.ceil(this.arenaBytes / arenaAlign) * (arenaAlign / 4);
    this.arenaBytes = (offset + count) * 4;
    this.#copies.set(value, offset);
    if (count === 0) return offset;
    const step =
      value.type.dtype === 'f32'
        ? flatCopyStep({ buffer: 'arena', offset }, source, count)
        : wordCopyStep(offset, source, count);
    this.preparations.push(this.#dispatchOf(step, `constant ${printable(value.name)}`));
    return offset;
  }
}

function wordsOf({ data, dtype }: Tensor): Float32Array | Int32Array {
  return byteSize(dtype) === 1 ? wordsOfBytes(data as Int8Array) : (data as Float32Array | Int32Array);
}
