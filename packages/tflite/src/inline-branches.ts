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
    if (index === 0 || callers.includes(index))
      throw new CompileError('tflite/unsupported', `subgraph ${index} calls itself`);
    const decoded = this.#decoded.get(index) ?? model.subgraph(index);
    this.#decoded.set(index, decoded);
    const branch = this.inlined(decoded, [...callers, index]);
    this.#operators += branch.operators.length;
    if (this.#operators > MAX_OPERATORS)
      throw new CompileError('tflite/too-large', `the branches have more than ${MAX_OPERATORS} operators`);
    refuseState(branch);
    if (branch.inputs.length !== inputs.length)
      throw new CompileError(
        'tflite/decode',
        `expected a branch of ${inputs.length} inputs, found ${branch.inputs.length}`,
      );
    const first = tensors.length;
    const known = new Map(branch.inputs.map((input, k) => [input, inputs[k] ?? -1]));
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
