import { CompileError, type Graph, type Value, withLocation } from '@ghostc/ir';
import type { ConstantCone, Rounding } from '@ghostc/ops';
import type { InputDims } from './input-dims.ts';
import { keepShape } from './keep-node.ts';
import type { NodeReader } from './node-reader.ts';
import type { GraphProto, OpsetProto, ValueInfoProto } from './onnx-types.ts';
import type { Call, Scope } from './scope.ts';
import { type ShapeValue, shapeValueOf, tensorOf } from './shape-value.ts';
import { type ReadExternal, toTensor } from './tensor-proto.ts';

/** What a name in the model refers to: a value of the graph, a shape value, or both. */
export interface Entry {
  value?: Value;
  readonly shape?: ShapeValue | undefined;
  /** An output that exists only by name. */
  readonly isUnread?: boolean;
  /** What computes a symbolic shape, should it be needed as a value. */
  readonly node?: NodeReader | undefined;
}

export interface ReadState {
  readonly graph: Graph;
  readonly entries: Scope;
  readonly opset: number;
  readonly readExternal?: ReadExternal | undefined;
  /** Values that are computed from constants only. */
  readonly cone: ConstantCone;
  /** Of integer ops, if a node does not specify it. */
  readonly rounding: Rounding;
  readonly dims: InputDims;
  /** The call of a function whose body is read. */
  readonly call?: Call;
  /** Names of the results of a body outside. */
  readonly names?: ReadonlyMap<string, string>;
  /** Declared types by name, if nodes of unknown ops are kept. */
  readonly declared?: ReadonlyMap<string, ValueInfoProto>;
  /** Elements that nodes may still fill in: their number is in the file, not their values. */
  readonly room: { elements: number };
}

/** Versions of the standard ops whose meaning the op table knows. */
const OPSETS = { first: 1, last: 28 } as const;

/** Throws `onnx/opset` for one that is not known, and for none, unless that is given a number. */
export function standardOpset(imports: readonly OpsetProto[] = [], none?: number): number {
  const standard = imports.find(({ domain }) => !domain || domain === 'ai.onnx');
  if (!standard && none !== undefined) return none;
  const version = Number(standard?.version?.toString() ?? Number.NaN);
  if (version >= OPSETS.first && version <= OPSETS.last) return version;
  throw new CompileError(
    'onnx/opset',
    `expected opset ${OPSETS.first} to ${OPSETS.last}, found ${standard?.version?.toString() ?? 'none'}`,
  );
}

/** Initializers of a graph or a branch become constants. */
export function readInitializers(proto: GraphProto, { graph, entries, readExternal }: ReadState): void {
  for (const initializer of proto.initializer ?? []) {
    const name = initializer.name ?? '';
    withLocation({ node: name, op: 'initializer' }, () => {
      if (entries.has(name))
        throw new CompileError('onnx/duplicate', `${JSON.stringify(name)} is defined twice`);
      entries.set(name, { value: graph.addConstant(name, toTensor(initializer, readExternal)) });
    });
  }
}

/** The shape value of an entry, if it follows from constants and sizes. */
export function shapeOfEntry({ shape, value }: Entry, { cone }: ReadState): ShapeValue | undefined {
  const tensor = shape || !value ? undefined : cone.tensorOf(value);
  return shape ?? (tensor && shapeValueOf(tensor));
}

/** The value of an entry; a shape becomes a constant, or is computed by nodes if it is symbolic. */
export function entryValue(entry: Entry, { graph }: ReadState, name = 'shape'): Value {
  const tensor = entry.value || !entry.shape ? undefined : tensorOf(entry.shape);
  // what computed it may be gone, with a reading that was given up
  if (entry.value?.producer && !graph.has(entry.value.producer)) delete entry.value;
  entry.value ??= tensor ? graph.addConstant(name, tensor) : keepShape(entry);
  return entry.value;
}
