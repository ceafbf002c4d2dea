import { byteSize, entryOf, itemAt, numElements, staticShape, type Value } from '@ghostc/ir';
import type { PlanOptions, Program, Step } from './memory-plan.ts';

/** Memory that one step writes (or that holds an input): the unit of liveness. */
export interface Cell {
  readonly value: Value;
  readonly bytes: number;
}

/** Cells at fixed distances from one another. */
export interface Block {
  region: 'arena' | 'input' | 'output' | 'constant';
  /** Number of the input, output or constant. */
  index: number;
  /** Offset of each cell from the start of the block, in bytes. */
  readonly cells: Map<Cell, number>;
}

/** Where a value is stored, before offsets are known. */
export interface Storage {
  readonly block: Block;
  readonly offset: number;
  /** The cells that the value covers. */
  readonly cells: readonly Cell[];
}

/** The memory of a program before scheduling: what shares memory by construction, whatever the order. */
export interface StorageMap {
  readonly storage: ReadonlyMap<Value, Storage>;
  readonly elided: ReadonlySet<Step>;
}

/** Bytes of a value; its shape must be fixed. */
export function valueBytes(value: Value): number {
  return numElements(value.type.shape) * byteSize(value.type.dtype);
}

/** Resolves views and concats to shared memory if all conditions for it hold. */
export function resolveStorage<S extends Step>(program: Program<S>, options: PlanOptions<S>): StorageMap {
  const resolver = new Resolver(program, options);
  program.inputs.forEach((value, index) => {
    resolver.own(value, options.io === 'arena' ? 'arena' : 'input', index);
  });
  [...program.constants].forEach((value, index) => {
    resolver.own(value, 'constant', index);
  });
  for (const step of program.steps) resolver.visit(step);
  return resolver;
}

/** Concats of concats move the same cells again and again: beyond this they copy. */
const MAX_JOINED = 1e6;

class Resolver<S extends Step> implements StorageMap {
  readonly storage = new Map<Value, Storage>();
  readonly elided = new Set<Step>();
  readonly #options: PlanOptions<S>;
  /** What steps compute. */
  readonly #computed: ReadonlySet<Value>;
  readonly #values = new Map<Block, Value[]>();
  /** Cells moved into the blocks of concats so far. */
  #joined = 0;
  /** Caller's buffer of each returned value: the first output that returns it. */
  readonly #outputs = new Map<Value, number>();

  constructor({ steps, outputs }: Program<S>, options: PlanOptions<S>) {
    this.#options = options;
    this.#computed = new Set(steps.flatMap((step) => step.outputs));
    if (options.io === 'arena') return;
    outputs.forEach(({ value }, index) => {
      if (this.#computed.has(value) && !this.#outputs.has(value)) this.#outputs.set(value, index);
    });
  }

  own(value: Value, region: Block['region'], index: number): void {
    const cell = { value, bytes: valueBytes(value) };
    this.#put(value, {
      block: { region, index, cells: new Map([[cell, 0]]) },
      offset: 0,
      cells: [cell],
    });
  }

  #put(value: Value, storage: Storage): void {
    this.storage.set(value, storage);
    const values = this.#values.get(storage.block) ?? [];
    values.push(value);
    this.#values.set(storage.block, values);
  }

  visit(step: S): void {
    const rule = this.#options.storageRule(step);
    if (rule.kind === 'view' && this.#view(step)) return;
    if (rule.kind === 'join' && this.#join(step, rule.axis)) return;
    for (const value of step.outputs) {
      const output = this.#outputs.get(value);
      this.own(value, output === undefined ? 'arena' : 'output', output ?? 0);
    }
  }

  #view(step: S): boolean {
    const source = step.inputs[0] && this.storage.get(step.inputs[0]);
    if (!source) return false;
    const result = itemAt(step.outputs, 0);
    const output = this.#outputs.get(result);
    if (output !== undefined && !this.#claimOutput(source, output)) return false;
    this.#put(result, source);
    this.elided.add(step);
    return true;
  }

  /** A view that is returned makes its source's block the caller's buffer, if that block is a plain arena block. */
  #claimOutput({ block, cells }: Storage, output: number): boolean {
    if (block.region !== 'arena' || cells.length !== block.cells.size) return false;
    block.region = 'output';
    block.index = output;
    return true;
  }

  #join(step: S, axis: number): boolean {
    const parts = step.inputs.map((input) => (input ? this.storage.get(input) : undefined));
    const result = itemAt(step.outputs, 0);
    const outer = staticShape(result.type.shape).slice(0, axis);
    if (outer.some((dim) => dim !== 1) || !parts.every((part) => part !== undefined)) return false;
    const distinct = new Set(parts.map((part) => part.block)).size === parts.length;
    const cells = parts.reduce((sum, part) => sum + part.cells.length, 0);
    if (!distinct || this.#joined + cells > MAX_JOINED || !parts.every((part) => this.#joinable(part)))
      return false;
    const offsets = partOffsets(parts);
    if (offsets.some((offset) => offset % (this.#options.partAlign ?? 1) !== 0)) return false;
    this.#joined += cells;
    this.#merge(result, parts, offsets);
    this.elided.add(step);
    return true;
  }

  /** A part must be the whole of a computed arena block: so it is in no other concat and not returned. */
  #joinable({ block, cells }: Storage): boolean {
    const computed = [...block.cells.keys()].every((cell) => this.#computed.has(cell.value));
    return block.region === 'arena' && computed && cells.length === block.cells.size;
  }

  #merge(result: Value, parts: readonly Storage[], offsets: readonly number[]): void {
    const output = this.#outputs.get(result);
    const block: Block = {
      region: output === undefined ? 'arena' : 'output',
      index: output ?? 0,
      cells: new Map(),
    };
    parts.forEach((part, i) => {
      for (const [cell, offset] of part.block.cells) block.cells.set(cell, offset + (offsets[i] ?? 0));
      this.#rebase(part.block, block, offsets[i] ?? 0);
    });
    this.#put(result, { block, offset: 0, cells: parts.flatMap((part) => part.cells) });
  }

  #rebase(from: Block, to: Block, shift: number): void {
    for (const value of this.#values.get(from) ?? []) {
      const { offset, cells } = entryOf(this.storage, value);
      this.#put(value, { block: to, offset: offset + shift, cells });
    }
    this.#values.delete(from);
  }
}

function partOffsets(parts: readonly Storage[]): number[] {
  let next = 0;
  return parts.map(({ cells }) => {
    const offset = next;
    next += cells.reduce((sum, cell) => sum + cell.bytes, 0);
    return offset;
  });
}
