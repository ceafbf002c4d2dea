import {
  entryOf,
  type Node,
  type QuantParams,
  type TensorData,
  type TensorType,
  type Value,
} from '@ghostc/ir';

/**
 * Caches answers for nodes that are alike: same op, attributes, types, and the same data in their constants.
 * Plans query many copies of a layer, and tuned kernels take a while to answer.
 */
export function byLikeness<T>(ask: (node: Node) => T): (node: Node) => T {
  const known = new WeakMap<Node, T>();
  const alike = new Map<string, T>();
  const numbers = new Map<TensorData, number>();
  const dataNumber = (data: TensorData): number => {
    if (!numbers.has(data)) numbers.set(data, numbers.size);
    return entryOf(numbers, data);
  };
  // scales of constants are long, and copies of a graph share them
  const scales = new WeakMap<QuantParams, string>();
  const quantText = (quant: QuantParams): string => {
    const text = scales.get(quant) ?? JSON.stringify(quant);
    scales.set(quant, text);
    return text;
  };
  const typeText = ({ dtype, shape, quant }: TensorType): string =>
    `${dtype}[${shape.join()}]${quant ? quantText(quant) : ''}`;
  const textOf = ({ type, constant }: Value): string =>
    constant ? `${typeText(type)} #${dataNumber(constant.data)}` : typeText(type);
  return (node) => {
    if (known.has(node)) return known.get(node) as T;
    const inputs = node.inputs.map((value) => value && textOf(value));
    const outputs = node.outputs.map(textOf);
    const key = [node.op, JSON.stringify(node.attrs), ...inputs, '=', ...outputs].join('|');
    const answer = alike.has(key) ? (alike.get(key) as T) : ask(node);
    alike.set(key, answer);
    known.set(node, answer);
    return answer;
  };
}
