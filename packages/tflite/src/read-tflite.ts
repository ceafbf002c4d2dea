import { CompileError, Graph, withLocation } from '@ghostc/ir';
import { checkDimensionSizes } from '@ghostc/ops';
import { decodeModel, type TfliteModel, type TfliteOperator } from './decode-model.ts';
import { withBranchesInlined } from './inline-branches.ts';
import { OperatorReader } from './operator-reader.ts';
import { customTable, operatorTable } from './operator-table.ts';
import { type Place, readWhile } from './read-loop.ts';
import { TensorTable, typeOf } from './tensor-table.ts';

export interface ReadTfliteOptions {
  /** For error messages. */
  readonly file?: string;
  /** Names of tensors at which the model ends, replacing its own outputs: what only those need is not read. */
  readonly outputs?: readonly string[] | undefined;
  /** Sizes of the input's dimensions that its signature leaves open, by name: `<input>_<axis>`. */
  readonly bind?: ReadonlyMap<string, number> | undefined;
}

/**
 * Reads the first subgraph of a TFLite model (schema version 3), and the branches of its IFs, into a graph. Inputs and outputs keep the model's names,
 * shapes (the declared ones, mostly 1 where the signature leaves a size open, unless `bind` gives it) and order of axes; between them images are NCHW. Throws CompileError
 * `tflite/...` that names file, operator and tensor. Variables (state) are inputs after the model's own, and outputs called
 * `<name>_next` after its own: the caller gives the values of the run before.
 */
export function readTflite(bytes: Uint8Array, { file, outputs, bind }: ReadTfliteOptions = {}): Graph {
  return withLocation(file === undefined ? {} : { file }, () => {
    const model = decode(bytes);
    const sizes = openSizes(model);
    checkDimensionSizes(bind ?? new Map(), { names: sizes.map(({ name }) => name) });
    const ended = outputs ? endedAt(model, outputs) : model;
    const bound = sizes.map((size) => ({ ...size, size: bind?.get(size.name) }));
    return withBindHint(bound, () => readModel(ended, bound, bytes.length));
  });
}

const notOfSizes = /^tflite\/(decode|unknown-op|unsupported|options)$/;

/** Errors of a model with unset open sizes explain how to set them. */
function withBindHint<T>(sizes: readonly OpenSize[], body: () => T): T {
  try {
    return body();
  } catch (error) {
    const unknown = sizes.filter(({ size }) => size === undefined).map(({ name }) => `${name}=SIZE`);
    if (!(error instanceof CompileError) || unknown.length === 0 || notOfSizes.test(error.code)) throw error;
    throw error.at({}, [`give sizes with --bind ${unknown.join(' ')}`]);
  }
}

/** A size of an input that the signature leaves open. */
interface OpenSize {
  readonly name: string;
  readonly tensor: number;
  readonly axis: number;
  /** What it is bound to. */
  readonly size?: number | undefined;
}

function openSizes({ inputs, tensors }: TfliteModel): OpenSize[] {
  return inputs.flatMap((tensor) => {
    const { name = '', open = [] } = tensors[tensor] ?? {};
    return open.map((axis) => ({ name: `${name.replace(/\W+/g, '_')}_${axis}`, tensor, axis }));
  });
}

/** The model with other outputs, and the operators that these need. */
function endedAt(model: TfliteModel, names: readonly string[]): TfliteModel {
  const outputs = names.map((name) => {
    const index = model.tensors.findIndex((tensor) => tensor.name === name);
    if (index >= 0) return index;
    throw new CompileError('tflite/cut', `there is no tensor ${JSON.stringify(name)} to end the model at`);
  });
  const needed = new Set(outputs);
  const operators = model.operators.toReversed().filter((operator) => {
    if (!operator.outputs.some((index) => needed.has(index))) return false;
    for (const index of operator.inputs) needed.add(index);
    return true;
  });
  return { ...model, outputs, operators: operators.toReversed() };
}

/** What the FlatBuffers library itself throws on broken bytes (arrays past the end) is a decode error. */
function decode(bytes: Uint8Array): TfliteModel {
  return asDecodeErrors(() => withBranchesInlined(decodeModel(bytes)));
}

function readModel(model: TfliteModel, sizes: readonly OpenSize[], fileBytes: number): Graph {
  const graph = new Graph(model.name);
  const table = new TensorTable(graph, model, fileBytes);
  for (const { tensor, axis, size } of sizes)
    if (size !== undefined) table.resize(tensor, table.tensor(tensor).shape.with(axis, size));
  for (const index of model.inputs) {
    const tensor = table.tensor(index);
    withLocation({ node: tensor.name, op: 'input' }, () =>
      table.define(index, graph.addInput(tensor.name, typeOf(tensor)), 'plain'),
    );
  }
  for (const operator of model.operators) readOperator(operator, { table, model, callers: [] });
  addOutputs(model, table);
  for (const [name, value] of table.variables.next) graph.addOutput(name, value);
  return graph;
}

function readOperator(operator: TfliteOperator, place: Place): void {
  const { table } = place;
  const output = operator.outputs[0] === undefined ? '' : ` ${table.tensor(operator.outputs[0]).name}`;
  const location = { node: `operator ${operator.index}${output}`, op: operator.custom ?? operator.code };
  withLocation(location, () => {
    if (operator.code === 'WHILE') return asDecodeErrors(() => readWhile(operator, place, readOperator));
    const { custom } = operator;
    const read = custom === undefined ? operatorTable.get(operator.code) : customTable.get(custom);
    if (!read) throw unsupported(operator, table);
    asDecodeErrors(() => read(new OperatorReader(operator, table)));
  });
}

function unsupported({ code, custom, index, inputs }: TfliteOperator, table: TensorTable): CompileError {
  const what = custom === undefined ? `operator ${code}` : `custom operator ${JSON.stringify(custom)}`;
  const ends = inputs
    .filter((input) => input >= 0 && !table.tensor(input).data)
    .map((i) => table.tensor(i).name);
  return new CompileError(
    'tflite/unknown-op',
    `${what} (operator ${index} of the model) is not supported${ends.length ? `; ghostc edit MODEL --cut '${ends.join(',')}' ends the model before it` : ''}`,
  );
}

/** Tensors that are returned twice, or share a name, get unique names. */
function addOutputs({ outputs }: TfliteModel, table: TensorTable): void {
  if (outputs.length === 0)
    throw new CompileError('tflite/decode', 'expected a graph with outputs, found none');
  const taken = new Set<string>();
  for (const index of outputs) {
    const preferred = table.tensor(index).name;
    let name = preferred;
    for (let k = 1; taken.has(name); k++) name = `${preferred}_${k}`;
    taken.add(name);
    withLocation({ node: preferred, op: 'output' }, () =>
      table.graph.addOutput(name, table.value(index, 'plain')),
    );
  }
}

function asDecodeErrors<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError)
      throw new CompileError('tflite/decode', `the file is damaged: ${error.message}`);
    throw error;
  }
}
