import { CompileError } from '@ghostc/ir';
import { BuiltinOptions } from '../generated/builtin-options.ts';
import { VarHandleOptions } from '../generated/var-handle-options.ts';
import type { OperatorReader } from '../operator-reader.ts';
import { typeOf } from '../tensor-table.ts';

/** VAR_HANDLE: names a variable; two handles with one name are one variable. */
export function readVarHandle(node: OperatorReader): void {
  const options = node.options(BuiltinOptions.VarHandleOptions, new VarHandleOptions());
  const name = options.sharedName() || node.outputTensor().name;
  node.table.variables.open(node.operator.outputs[0] ?? -1, name);
}

/** READ_VARIABLE: what was assigned before it, or the variable's value from the run before, an input of the graph. */
export function readReadVariable(node: OperatorReader): void {
  const type = typeOf(node.outputTensor());
  node.setOutput(node.table.variables.read(node.inputIndex(0), type), 'plain');
}

/** ASSIGN_VARIABLE: the last one is the variable's value for the next run, an output of the graph. */
export function readAssignVariable(node: OperatorReader): void {
  node.table.variables.assign(node.inputIndex(0), node.input(1, 'plain'));
}

/**
 * CALL_ONCE: the first values of the variables. The caller provides them, since variables are inputs and
 * outputs; the subgraph is not read.
 */
export function readCallOnce(node: OperatorReader): void {
  if (node.operator.outputs.length > 0)
    throw new CompileError('tflite/unsupported', 'CALL_ONCE with outputs is not supported');
}
