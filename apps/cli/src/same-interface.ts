import { copyGraph } from '@ghostc/edit';
import { CompileError, type Graph, type TensorType } from '@ghostc/ir';

/** A second model with the names of inputs and outputs that the first has, by position. Throws `cli/models` where types differ. */
export function sameInterface(first: Graph, second: Graph, file: string): Graph {
  const [want, found] = [interfaceOf(first), interfaceOf(second)];
  if (want !== found)
    throw new CompileError('cli/models', `expected inputs and outputs ${want}, found ${found}`, { file });
  const names = new Map<string, string>();
  second.inputs.forEach(({ name }, i) => names.set(name, first.inputs[i]?.name ?? name));
  second.outputs.forEach(({ name }, i) => names.set(name, first.outputs[i]?.name ?? name));
  return copyGraph(second, { rename: (name) => names.get(name) ?? name });
}

function interfaceOf({ inputs, outputs }: Graph): string {
  const text = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`;
  const all = (types: readonly TensorType[]): string => types.map(text).join(', ');
  return `${all(inputs.map(({ type }) => type))} -> ${all(outputs.map(({ value }) => value.type))}`;
}
