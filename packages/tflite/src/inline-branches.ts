import { CompileError, withLocation } from '@ghostc/ir';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './decode-model.ts';
import { IfOptions } from './generated/if-options.ts';

/** Operators of all branches together: branches in branches may share subgraphs, and double them. */
const MAX_OPERATORS = 2 ** 16;

/**
 * A model without IF operators: each is replaced by the operators of both branches, which is valid if these
 * have no side effects, and a SELECT_V2 for each output. Throws `tflite/unsupported` if a branch has state,
 * or the branches differ in shape or type.
 */
export function withBranchesInlined(model: TfliteModel): TfliteModel {
  return new Inliner().inlined(model, []);
}

class Inliner {
  #operators = 0;
  readonly #decoded = new Map<number, TfliteModel>();

  /** `callers` are the subgraphs that are being inlined. */
  inlined(model: TfliteModel, callers: readonly number[]): TfliteModel {
    if (!model.operators.some(({ code }) => code === 'IF')) return model;
    const tensors = [...model.tensors];
    const operators = model.operators.flatMap((operator) =>
      operator.code === 'IF'
        ? withLocation({ node: `operator ${operator.index}`, op: 'IF' }, () =>
            this.#branches(operator, { model, tensors, callers }),
          )
        : [operator],
    );
    return { ...model, tensors, operators };
  }

  #branches(operator: TfliteOperator, place: Place): TfliteOperator[] {
    const [condition = -1, ...inputs] = operator.inputs;
    const options: IfOptions | null = operator.table.builtinOptions(new IfOptions());
    if (!options) throw new CompileError('tflite/options', 'expected IfOptions, found none');
    const [taken, other] = [options.thenSubgraphIndex(), options.elseSubgraphIndex()].map((index) =>
      this.#branch(index, inputs, place),
    ) as [Branch, Branch];
    const picks = operator.outputs.map((output, k) => {
      const values = [taken, other].map(({ outputs }) => {
        const value = outputs[k];
        if (value !== undefined && value >= 0) return value;
        throw new CompileError('tflite/decode', `a branch has no output ${k}`);
      });
      sameType(values.map((value) => place.tensors[value]));
      return { ...operator, code: 'SELECT_V2', inputs: [condition, ...values], outputs: [output] };
    });
    return [...taken.operators, ...other.operators, ...picks];
  }

  /** A branch with its tensors appended to those of the caller, and its inputs replaced by the caller's. */
  #branch(index: number, inputs: readonly number[], { model, tensors, callers }: Place): Branch {
    refuseRecursion(index, callers);
    const decoded = this.#decoded.get(index) ?? model.subgraph(index);
    this.#decoded.set(index, decoded);
    const branch = this.inlined(decoded, [...callers, index]);
    this.#operators += branch.operators.length;
    if (this.#operators > MAX_OPERATORS)
      throw new CompileError('tflite/too-large', `the branches have more than ${MAX_OPERATORS} operators`);
    refuseState(branch);
    const first = tensors.length;
    const known = argumentsOf(branch, inputs);
    const moved = (tensor: number): number => (tensor < 0 ? tensor : (known.get(tensor) ?? first + tensor));
    tensors.push(...branch.tensors);
    return {
      operators: branch.operators.map((operator) => ({
        ...operator,
        inputs: operator.inputs.map(moved),
        outputs: operator.outputs.map(moved),
      })),
      outputs: branch.outputs.map(moved),
    };
  }
}

/** Throws `tflite/unsupported` for a subgraph that is being read. */
export function refuseRecursion(index: number, callers: readonly number[]): void {
  if (index === 0 || callers.includes(index))
    throw new CompileError('tflite/unsupported', `subgraph ${index} calls itself`);
}

/** The caller's tensors for the inputs of a subgraph. */
export function argumentsOf(subgraph: TfliteModel, tensors: readonly number[]): Map<number, number> {
  if (subgraph.inputs.length === tensors.length)
    return new Map(subgraph.inputs.map((input, k) => [input, tensors[k] ?? -1]));
  throw new CompileError(
    'tflite/decode',
    `expected a subgraph of ${tensors.length} inputs, found ${subgraph.inputs.length}`,
  );
}

/** Throws `tflite/unsupported` for a subgraph with state, which would be one for all its calls. */
export function refuseState({ tensors, operators }: TfliteModel): void {
  const state =
    tensors.find(({ variable }) => variable)?.name ??
    operators.find(({ code }) => /VARIABLE|HANDLE|CALL_ONCE/.test(code))?.code;
  if (state)
    throw new CompileError('tflite/unsupported', `expected a subgraph without state, found ${state}`);
}

interface Place {
  readonly model: TfliteModel;
  /** Of the caller; grows. */
  readonly tensors: TfliteTensor[];
  readonly callers: readonly number[];
}

interface Branch {
  readonly operators: readonly TfliteOperator[];
  readonly outputs: readonly number[];
}

function sameType(values: readonly (TfliteTensor | undefined)[]): void {
  const [one, other] = values.map((tensor) => `${tensor?.type}[${tensor?.shape.join(',')}]`);
  if (one !== other)
    throw new CompileError(
      'tflite/unsupported',
      `the branches give ${one} and ${other}; expected one shape and type`,
    );
}
