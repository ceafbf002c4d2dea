import type { Value } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import type { Build } from '../build.ts';
import { type Rule, rewriting } from '../rule.ts';

const windows = [...registry.values()].filter(({ traits }) => traits.has('window'));

// window(x [N,C,L])   =>   view [N,M,L'] of window(view [N,C,1,L] of x): kernels support only images
export const lineToImage: Rule = {
  name: 'line-to-image',
  roots: new Set(windows.map(({ name }) => name)),
  apply(graph, root) {
    if (root.inputs[0]?.type.shape.length !== 3) return { reason: 'it is no line' };
    const match = { captures: {}, nodes: [root] };
    const rewrite = (build: Build): Value => {
      const inputs = root.inputs.map((input) => input && asImage(input, build));
      return build.node('reshape', [build.node(root.op, inputs, root.attrs)], { shape: [0, 0, -1] });
    };
    return rewriting(graph, root, { match, rewrite });
  },
};

function asImage(value: Value, build: Build): Value {
  if (value.type.shape.length !== 3) return value;
  return build.node('reshape', [value], { shape: [0, 0, 1, -1] });
}
