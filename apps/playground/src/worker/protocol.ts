import type { CBuffer, CLayer, Device, GraphData, Progress } from '@ghostc/compiler';
import type { Histogram } from './histogram.ts';

/** A model as the user gave it: a file, or a spec such as `ghostnet:1.0@224`. */
export type Source =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array; readonly sizes?: string }
  | { readonly kind: 'spec'; readonly spec: string };

export interface RuleEvent {
  readonly rule: string;
  readonly op: string;
  readonly node: string;
  /** Why the rule declined; absent where it fired. */
  readonly reason?: string;
}

export interface PassData {
  readonly name: string;
  readonly nodes: number;
  readonly fired: readonly RuleEvent[];
  readonly declined: readonly RuleEvent[];
}

export interface PassGraph {
  /** After the pass. */
  readonly graph: GraphData;
  /** Ids of the nodes that it made. */
  readonly made: ReadonlySet<string>;
}

export interface OpenedModel {
  readonly name: string;
  readonly source: GraphData;
  readonly optimized: GraphData;
  /** Dimensions of inputs that have no size. */
  readonly openSizes: readonly string[];
  readonly passes: readonly PassData[];
}

export interface CompileRequest {
  readonly device: Device;
  /** Bytes of the arena; undefined: no limit. */
  readonly maxRam?: number | undefined;
}

/** A layer of the C program with the code of its kernel. */
export interface LayerCode extends CLayer {
  readonly code: string;
}

export interface CompiledC {
  readonly name: string;
  readonly arenaBytes: number;
  readonly weightBytes: number;
  readonly buffers: readonly CBuffer[];
  readonly layers: readonly LayerCode[];
}

export interface CompiledWgsl {
  readonly dispatches: readonly { readonly label: string; readonly code: string }[];
}

export interface BoardFit {
  readonly board: string;
  readonly core: string;
  readonly ramBytes: number;
  readonly weightBytes: number;
  readonly seconds: number;
  /** Why it does not fit, or why it cannot be compiled. */
  readonly problems: readonly string[];
}

export interface RunResult {
  readonly milliseconds: number;
  /** The largest values of the first output. */
  readonly best: readonly { readonly index: number; readonly value: number }[];
  readonly output: string;
}

export interface LayerDifference {
  readonly op: string;
  readonly node: string;
  /** At the element that is worst in units of what rounding explains there. */
  readonly difference: number;
  readonly allowed: number;
}

/** What the page asks of the worker. */
export interface Calls {
  open(source: Source): OpenedModel;
  /** By the place of a pass; one at a time, since all at once take the page long to receive. */
  passGraph(pass: number): PassGraph;
  compileC(request: CompileRequest): CompiledC;
  compileWgsl(): CompiledWgsl;
  fit(): readonly BoardFit[];
  run(picture: ImageBitmap): RunResult;
  /** Each layer by itself, WGSL against the interpreter, on the values that it has for a picture. */
  compare(picture: ImageBitmap): readonly LayerDifference[];
  /** The model becomes an int8 model. */
  quantize(pictures: readonly ImageBitmap[]): OpenedModel;
  /** Of a constant of the model, as it came or optimised. */
  weights(name: string): Histogram | undefined;
  zip(request: CompileRequest): Uint8Array;
}

export type CallName = keyof Calls;

export type ToWorker =
  | { readonly id: number; readonly call: CallName; readonly argument: unknown }
  | { readonly cancel: number };

export interface Answer {
  readonly id: number;
  readonly progress?: Progress | { readonly stage: string; readonly step: string; readonly done: number };
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}
