import { type Tensor, toNumbers } from '@ghostc/ir';
import type { Attr } from './attributes.ts';
import type { ModelParts } from './model-draft.ts';

const SHOWN = 8;

/** A model as a few lines of text. */
export function describeModel({ opset, nodes, inputs, initializers, outputs }: ModelParts): string {
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const tensors = (kind: string, all: ReadonlyMap<string, Tensor>): string[] =>
    [...all].flatMap(([name, one]) => (read.has(name) ? [`  ${kind} ${name} = ${tensorText(one)}`] : []));
  const lines = nodes.map(({ op, domain, inputs: from, outputs: to, attrs }) => {
    const given = Object.entries(attrs).flatMap(([name, attr]) =>
      attr ? [`${name}=${attrText(attr)}`] : [],
    );
    return `  ${to.join(', ')} = ${domain ? `${domain}.` : ''}${op}(${from.join(', ')}) ${given.join(' ')}`;
  });
  return [
    `  opset ${opset}, outputs ${outputs.join(', ')}`,
    ...tensors('input', inputs),
    ...tensors('initializer', initializers),
    ...lines,
  ].join('\n');
}

function tensorText(one: Tensor): string {
  const values = Array.from(toNumbers(one).slice(0, SHOWN), (v) => (Object.is(v, -0) ? '-0' : String(v)));
  return `${one.dtype}[${one.shape.join(',')}] ${values.join(' ')}${one.data.length > SHOWN ? ' ...' : ''}`;
}

function attrText({ type, ...value }: Attr): string {
  const [only] = Object.values(value);
  if (only instanceof Uint8Array) return new TextDecoder().decode(only);
  return typeof only === 'object' && !Array.isArray(only) ? 'tensor' : JSON.stringify(only);
}
