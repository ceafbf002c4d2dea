import { CompileError, type Graph, itemAt, numElements, staticShape, type Tensor } from '@ghostc/ir';
import { onnxInputNames, readOnnx } from '@ghostc/onnx';
import { bindDimensions, dimensionsFrom } from '@ghostc/ops';
import type { ConformanceTest } from './onnx-tests.ts';

/** A test's model as a static compiler gets it. */
export interface BoundModel {
  readonly graph: Graph;
  /** Inputs whose value was given at compile time, because the compiler needs it: shapes, axes, weights. */
  readonly bound: readonly string[];
  /** The inputs that are left, for each data set. */
  readonly inputs: readonly ReadonlyMap<string, Tensor>[];
}

/** Codes of refusals that a value at compile time may lift. */
const wantsConstant = /^(onnx\/(input-constant|dynamic-shape)|.*\/weight|.*\/indices)$/;

/** Reads the model of a test, once for each choice of inputs that are bound to the test's own values. */
export class BoundReader {
  readonly test: ConformanceTest;
  readonly #known = new Map<string, BoundModel | CompileError>();
  #inputNames: readonly string[] | undefined;

  constructor(test: ConformanceTest) {
    this.test = test;
  }

  /** Names of the inputs of the ONNX model, in order. Throws `run/no-model` where there is none. */
  get inputNames(): readonly string[] {
    this.#inputNames ??= onnxInputNames(modelOf(this.test));
    return this.#inputNames;
  }

  /** The model with these inputs bound. Throws what the reader throws. */
  read(constants: ReadonlyMap<string, Tensor>): BoundModel {
    const key = JSON.stringify([...constants.keys()]);
    const known = this.#known.get(key) ?? this.#readAnew(constants);
    this.#known.set(key, known);
    if (known instanceof CompileError) throw known;
    return known;
  }

  #readAnew(constants: ReadonlyMap<string, Tensor>): BoundModel | CompileError {
    const { test } = this;
    try {
      return test.graph ? withGraph(test, test.graph) : readBound(test, this.inputNames, constants);
    } catch (error) {
      if (error instanceof CompileError) return error;
      throw error;
    }
  }
}

/**
 * Reads a test's model and hands it to `compile`. Where that is refused because something has to be constant, the inputs in
 * question are bound to the test's own values and the model is read again: first the one that the error names, then small
 * integer inputs, then all but the first.
 */
export function withBoundInputs<T>(
  reader: BoundReader,
  compile: (model: BoundModel) => T,
): { result: T; model: BoundModel } {
  const bound = new Map<string, Tensor>();
  for (;;) {
    try {
      const model = reader.read(bound);
      return { result: compile(model), model };
    } catch (error) {
      const more = isLiftable(error, reader.test) ? candidates(error, valuesOf(reader), bound) : [];
      if (more.length === 0) throw error;
      for (const [name, tensor] of more) bound.set(name, tensor);
    }
  }
}

/** Whether a value at compile time may resolve the refusal. Our own graphs are not changed. */
function isLiftable(error: unknown, { graph }: ConformanceTest): error is CompileError {
  return !graph && error instanceof CompileError && wantsConstant.test(error.code);
}

/** The test's own values of the inputs of its ONNX model, in order. */
function valuesOf({ inputNames, test }: BoundReader): Values {
  return new Map(inputNames.map((name, i) => [name, test.sets[0]?.inputs[i]]));
}

function withGraph({ sets }: ConformanceTest, graph: Graph): BoundModel {
  const inputs = sets.map((set) => byName(graph, set.inputs));
  return { graph, bound: [], inputs };
}

function byName(graph: Graph, tensors: readonly Tensor[]): Map<string, Tensor> {
  return new Map(graph.inputs.map(({ name }, i) => [name, itemAt(tensors, i)]));
}

function modelOf({ name, model }: ConformanceTest): Uint8Array {
  if (model) return model;
  throw new CompileError('run/no-model', `${name} has no ONNX form`);
}

type Values = ReadonlyMap<string, Tensor | undefined>;

function candidates(
  error: CompileError,
  values: Values,
  bound: ReadonlyMap<string, Tensor>,
): [string, Tensor][] {
  const free = [...values].flatMap(([name, tensor]): [string, Tensor][] =>
    tensor && !bound.has(name) ? [[name, tensor]] : [],
  );
  const named = free.filter(([name]) => error.notes.includes(name));
  if (named.length) return named;
  const small = free.filter(
    ([, { dtype, shape, data }]) => !dtype.startsWith('f') && shape.length <= 1 && data.length <= 64,
  );
  return small.length ? small : free.filter(([name]) => name !== [...values.keys()][0]);
}

function readBound(
  test: ConformanceTest,
  names: readonly string[],
  constants: ReadonlyMap<string, Tensor>,
): BoundModel {
  const read = readOnnx(modelOf(test), { constants });
  const sets = test.sets.map(({ inputs }) => {
    const given = new Map(names.map((name, i) => [name, inputs[i]]));
    return new Map(
      read.inputs.map((input) => [input.name, given.get(input.name) ?? ramp(input.type.shape.map(Number))]),
    );
  });
  const shapes = new Map([...(sets[0] ?? [])].map(([name, { shape }]) => [name, shape]));
  const graph = bindDimensions(read, dimensionsFrom(read, shapes));
  return { graph, bound: [...constants.keys()], inputs: sets };
}

/** i / n: the input that ONNX's own runner gives the models that come without one. */
function ramp(shape: readonly number[]): Tensor {
  const count = numElements(staticShape(shape));
  return { dtype: 'f32', shape, data: Float32Array.from({ length: count }, (_, i) => i / count) };
}
