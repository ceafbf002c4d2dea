import { integerForm } from '@ghostc/compiler';
import type { Graph, Value } from '@ghostc/ir';

/**
 * A quantised model with inputs and outputs in integers where they are float (`ghostc quantize --io int8`): each has the scale
 * and zero point that its quantize_linear or dequantize_linear has. Undefined where there is nothing to change.
 */
export function integerIo(model: Graph): Graph | undefined {
  const graph = integerForm(model);
  if (!graph) return undefined;
  const inputs = graph.inputs.map((input) => quantizedInput(graph, input));
  const outputs = graph.outputs.map((output) => quantizedOutput(graph, output));
  return [...inputs, ...outputs].some(Boolean) ? graph : undefined;
}

function quantizedInput(graph: Graph, input: Value): boolean {
  const [user, ...others] = input.users;
  if (user?.op !== 'quantize_linear' || others.length > 0 || graph.isOutput(input)) return false;
  graph.setType(input, user.output.type);
  graph.replaceAllUses(user.output, input);
  graph.remove(user);
  return true;
}

function quantizedOutput(graph: Graph, output: Graph['outputs'][number]): boolean {
  const { producer } = output.value;
  const [integers] = producer?.inputs ?? [];
  if (producer?.op !== 'dequantize_linear' || !integers) return false;
  output.value = integers;
  if (producer.output.users.size === 0 && !graph.isOutput(producer.output)) graph.remove(producer);
  return true;
}
