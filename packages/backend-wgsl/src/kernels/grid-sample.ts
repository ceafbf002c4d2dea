import { numElements, staticShape } from '@ghostc/ir';
import { attrsOf, gridSample as definition, type GridAttrs } from '@ghostc/ops';
import type { Emit } from '../kernel.ts';
import { isNan } from '../text/is-nan.ts';
import { sourceOf } from './operands.ts';

const taps = { nearest: 1, linear: 2, cubic: 4 } as const;

/** One output an invocation. */
export const gridSample: Emit = ({ node, arena }) => {
  const attrs = attrsOf(definition, node);
  const [x, grid] = [sourceOf(node, 0), sourceOf(node, 1)];
  const [, C = 1, H = 1, W = 1] = staticShape(x.type.shape);
  const shape = staticShape(node.output.type.shape);
  const P = numElements(shape.slice(2));
  const ints = { X_AT: arena(x), G_AT: arena(grid), Y_AT: arena(node.output), C, H, W, P };
  const { mode, padding_mode, align_corners } = attrs;
  return [
    {
      id: ['grid_sample', mode, padding_mode, ...(align_corners ? ['corners'] : [])].join('_'),
      arena: 'f32',
      weights: 'f32',
      functions: [positionText(attrs), weightsText(attrs), tapText(attrs)],
      body: body(taps[mode]),
      ints,
      count: numElements(shape),
    },
  ];
};

const body = (count: number): string => `let q = item % P;
let image = item / P;
let g = G_AT + (image / C * P + q) * 2;
let px = position(arena[g], f32(W));
let py = position(arena[g + 1], f32(H));
var wx = weights_of(px);
var wy = weights_of(py);
var sum = 0.0;
for (var u = 0; u < ${count}; u++) {
let y = tap(py, u, f32(H));
var row = 0.0;
for (var v = 0; v < ${count}; v++) {
let x = tap(px, v, f32(W));
if (x >= 0 && y >= 0) {
row += wx[v] * arena[X_AT + (image * H + y) * W + x];
}
}
sum += wy[u] * row;
}
arena[Y_AT + item] = sum;`;

const low = ({ align_corners }: GridAttrs): string => (align_corners ? '0.0' : '-0.5');
const high = ({ align_corners }: GridAttrs): string => `size - ${align_corners ? '1.0' : '0.5'}`;

/** v outside [low, high], mirrored at both until it lies between them; low where they are one. */
const reflected = `fn reflected(v: f32, low: f32, high: f32) -> f32 {
let range = high - low;
let past = select(v - high, low - v, v < low);
if (!(range > 0.0 && past < 3.0e38)) {
return low;
}
let turns = floor(past / range);
let rest = past - turns * range;
let even = turns - 2.0 * floor(turns / 2.0) == 0.0;
return select(high - rest, low + rest, even == (v < low));
}`;

/** The position in pixels; NaN is far before the first. */
function positionText(attrs: GridAttrs): string {
  const { mode, padding_mode, align_corners } = attrs;
  const far = 'clamp(p, -3.0, size + 2.0)';
  const outside = {
    zeros: far,
    border: mode === 'cubic' ? far : 'clamp(p, 0.0, size - 1.0)',
    reflection: 'reflected(p, low, high)',
  };
  return `${padding_mode === 'reflection' ? `${reflected}\n\n` : ''}fn position(normal: f32, size: f32) -> f32 {
let low = ${low(attrs)};
let high = ${high(attrs)};
let moved = normal + 1.0;
let at = ${align_corners ? 'moved * 0.5 * (size - 1.0)' : '(moved * size - 1.0) * 0.5'};
let p = select(${mode === 'nearest' ? 'round(at)' : 'at'}, -3.4e38, ${isNan('f32', 'at')});
return select(p, ${outside[padding_mode]}, p < low || p > high);
}`;
}

function weightsText({ mode }: GridAttrs): string {
  const inner = (t: string): string => `(1.25 * ${t} - 2.25) * ${t} * ${t} + 1.0`;
  const outer = (t: string): string => `((-0.75 * ${t} + 3.75) * ${t} - 6.0) * ${t} + 3.0`;
  const lists = {
    nearest: '1.0, 0.0, 0.0, 0.0',
    linear: 'floor(p) + 1.0 - p, p - floor(p), 0.0, 0.0',
    cubic: [outer('(1.0 + t)'), inner('t'), inner('(1.0 - t)'), outer('(2.0 - t)')].join(', '),
  };
  return `fn weights_of(p: f32) -> vec4f {
${mode === 'cubic' ? 'let t = p - floor(p);\n' : ''}return vec4f(${lists[mode]});
}`;
}

/** The pixel used for tap k of position p; -1 if none. */
function tapText(attrs: GridAttrs): string {
  const { mode, padding_mode } = attrs;
  const first = mode === 'nearest' ? 'p' : mode === 'linear' ? 'floor(p)' : 'floor(p) - 1.0';
  const inside = {
    zeros: 'select(-1, i32(v), v >= 0.0 && v < size)',
    border: 'i32(clamp(v, 0.0, size - 1.0))',
    reflection: `i32(clamp(select(v, reflected(v, ${low(attrs)}, ${high(attrs)}), v < 0.0 || v > size - 1.0), 0.0, size - 1.0))`,
  };
  return `fn tap(p: f32, k: i32, size: f32) -> i32 {
let v = ${first} + f32(k);
return ${inside[padding_mode]};
}`;
}
