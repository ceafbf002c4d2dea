import { CompileError, toBytes } from '@ghostc/ir';
import type { TfliteModel, TfliteOperator } from './decode-model.ts';
import { BuiltinOptions } from './generated/builtin-options.ts';
import { WhileOptions } from './generated/while-options.ts';
import { argumentsOf, refuseRecursion, refuseState, withBranchesInlined } from './inline-branches.ts';
import { OperatorReader } from './operator-reader.ts';
import type { TensorTable } from './tensor-table.ts';

/** Where an operator stands. */
export interface Place {
  readonly table: TensorTable;
  readonly model: TfliteModel;
  /** The subgraphs that are being read. */
  readonly callers: readonly number[];
}

type Read = (operator: TfliteOperator, place: Place) => void;

/** Integers of so many elements are kept as constants from step to step: counters, and places in a list. */
const COUNTED = 16;

/**
 * WHILE whose condition follows from constants, as that of a recurrent layer over its steps: the body is read once for each
 * step. Throws `tflite/dynamic` if the condition depends on an input, `tflite/too-large` for too many steps.
 */
export function readWhile(operator: TfliteOperator, place: Place, read: Read): void {
  const { table } = place;
  const node = new OperatorReader(operator, table);
  const options = node.options(BuiltinOptions.WhileOptions, new WhileOptions());
  const condition = new Callee(options.condSubgraphIndex(), place, read);
  const body = new Callee(options.bodySubgraphIndex(), place, read);
  let carried: readonly number[] = operator.inputs;
  while (holds(condition.results(carried)[0] ?? -1, table))
    carried = body.results(carried).map((index) => counted(index, table));
  operator.outputs.forEach((_, k) => {
    const index = carried[k] ?? -1;
    const order = table.nativeOrder(index) ?? 'plain';
    node.setOutput(table.value(index, order), order, k);
  });
}

function holds(condition: number, table: TensorTable): boolean {
  const known = table.known(condition);
  if (known?.data.length === 1) return Boolean(known.data[0]);
  throw new CompileError(
    'tflite/dynamic',
    'how often the body runs depends on an input; expected a condition that follows from constants',
  );
}

/** A known integer as a constant, so that what the next step computes from it is known at once. */
function counted(index: number, table: TensorTable): number {
  const { type } = table.tensor(index);
  const known = /^(INT32|INT64|BOOL)$/.test(type) ? table.known(index) : null;
  if (!known || known.data.length > COUNTED) return index;
  return table.append({ ...table.tensor(index), shape: known.shape, data: toBytes(known.data) });
}

/** A subgraph that is called several times; its constants are the same in each. */
class Callee {
  readonly #model: TfliteModel;
  readonly #place: Place;
  readonly #read: Read;
  readonly #constants = new Map<number, number>();

  constructor(index: number, place: Place, read: Read) {
    refuseRecursion(index, place.callers);
    this.#model = withBranchesInlined(place.model.subgraph(index));
    refuseState(this.#model);
    this.#place = { table: place.table, model: this.#model, callers: [...place.callers, index] };
    this.#read = read;
  }

  /** Reads the operators on these tensors of the caller, and gives the tensors of the results. */
  results(inputs: readonly number[]): readonly number[] {
    const places = argumentsOf(this.#model, inputs);
    const moved = (index: number): number => (index < 0 ? index : this.#moved(index, places));
    this.#place.table.countSteps(1 + this.#model.operators.length);
    for (const operator of this.#model.operators)
      this.#read(
        { ...operator, inputs: operator.inputs.map(moved), outputs: operator.outputs.map(moved) },
        this.#place,
      );
    return this.#model.outputs.map(moved);
  }

  #moved(index: number, places: Map<number, number>): number {
    const tensor = this.#model.tensors[index];
    if (!tensor) throw new CompileError('tflite/decode', `there is no tensor ${index}`);
    const known = tensor.data ? this.#constants : places;
    const place = places.get(index) ?? known.get(index) ?? this.#place.table.append(tensor);
    known.set(index, place);
    return place;
  }
}
