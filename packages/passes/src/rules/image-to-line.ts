import type { Node, Shape, Value } from '@ghostc/ir';
import { intsOf, lookup, registry, withDefaults } from '@ghostc/ops';
import { activations } from '../op-groups.ts';
import { any, op } from '../pattern.ts';
import { rule } from '../rule.ts';

// Models that compute a line as an image: Unsqueeze, Conv of 1xk, Squeeze.

const windows = [...registry.values()].filter(
  ({ traits, attrs }) => traits.has('window') && 'dilations' in attrs,
);

// window(image [N,C,1,L] of a line x)   =>   image of window(x): adjacent views cancel
export const imageToLine = rule({
  name: 'image-to-line',
  match: op(windows.map(({ name }) => name).join('|'), op('reshape', any('x')).as('image').orShared())
    .as('window')
    .others()
    .anyEpilogue(),
  unless: ({ x, image, window }) =>
    notImageOf(x, image.output.type.shape) ||
    (window.inputs[3] && 'there is a residual') ||
    (!hasOneRow(window) && 'the window has several rows'),
  rewrite({ x, window }, build) {
    const line = build.node(window.op, [x, ...window.inputs.slice(1)], window.attrs);
    return build.node('reshape', [line], { shape: [0, 0, 1, -1] });
  },
});

// f(image [N,C,1,L] of a line x)   =>   image of f(x)
export const activateLine = rule({
  name: 'activate-line',
  match: op(activations, op('reshape', any('x')).as('image')).as('act'),
  unless: ({ x, image }) => notImageOf(x, image.output.type.shape),
  rewrite: ({ x, image, act }, build) =>
    build.node('reshape', [build.node(act.op, [x], act.attrs)], image.attrs),
});

function notImageOf({ type: { shape } }: Value, image: Shape): string | false {
  const [n, c, length] = shape;
  return (shape.length !== 3 || [n, c, 1, length].join() !== image.join()) && 'it is no image of a line';
}

/** A window of height 1 that moves along the line and produces a line. */
function hasOneRow({ op: name, inputs, attrs: given, output }: Node): boolean {
  const attrs = withDefaults(lookup(name).attrs, given);
  const rows = intsOf(attrs, 'kernel_shape')[0] ?? inputs[1]?.type.shape[2];
  const pads = intsOf(attrs, 'pads');
  return rows === 1 && pads[0] === 0 && pads[2] === 0 && output.type.shape[2] === 1;
}
