import type { Value } from '@ghostc/ir';
import { attrsOf, depthwiseConv2d as depthwiseOp } from '@ghostc/ops';
import { epilogueOf } from '../epilogue.ts';
import type { Emit } from '../kernel.ts';
import { constantOf, sourceOf, weightOf } from './operands.ts';
import { rowColumns } from './row-columns.ts';
import { storeRow } from './store-row.ts';
import { kernelSize, type WindowGeometry, windowGeometry } from './window-geometry.ts';

/**
 * Depthwise convolution: an invocation computes 4 neighbours of an output row, and reads each input element of their
 * windows once. The taps are unrolled: kernel size, stride and dilation along x are in the module's text.
 */
export const depthwiseConv2d: Emit = ({ node, arena, weights }) => {
  const attrs = attrsOf(depthwiseOp, node);
  const { N, ...geometry } = windowGeometry(node, kernelSize(node), attrs);
  const { M, OH, OW, KW, SX, DX, ...ints } = geometry;
  const residual = node.inputs[3];
  const { key, text, floats } = epilogueOf(node.attrs, 'vec4f');
  const variant = `k${isUnrolled(ints.KH) ? `${ints.KH}x` : ''}${KW}_s${SX}_d${DX}`;
  const bias = constantOf(node, 2) ?? new Float32Array(M);
  return [
    {
      id: ['depthwise', variant, key, ...(residual ? ['residual'] : [])].join('_'),
      arena: 'f32',
      weights: 'f32',
      functions: [text],
      body: body({ N, ...geometry }, residual),
      ints: {
        X_AT: arena(sourceOf(node, 0)),
        Y_AT: arena(node.output),
        ...(residual && { R_AT: arena(residual) }),
        W_AT: weights(weightOf(node, 1)),
        B_AT: weights(bias),
        ...{ M, OH, OW, ...ints },
        MULTIPLIER: attrs.multiplier,
        OW4: Math.ceil(OW / 4),
      },
      floats,
      count: N * M * OH * Math.ceil(OW / 4),
    },
  ];
};

function body(geometry: WindowGeometry, residual: Value | null | undefined): string {
  const { KW, SX } = geometry;
  const { declarations } = rowColumns(geometry);
  return `let j = (item % OW4) * 4;
var rest = item / OW4;
let i = rest % OH;
rest = rest / OH;
let m = rest % M;
let n = rest / M;
let plane = X_AT + (n * C + m / MULTIPLIER) * H * W;
let z = j * ${SX} - PL;
${declarations}
let w = W_AT + m * KH * ${KW};
var sum = vec4f(weights[B_AT + m]);
${rows(geometry)}
${storeRow({ sum: 'sum', index: '((n * M + m) * OH + i) * OW + j', residual: !!residual })}`;
}

/** Adds all rows of the window: written out when they are few, which saves a branch and the loop, else in a loop. */
function rows({ KH, KW, ...rest }: WindowGeometry): string {
  const columns = rowColumns({ KW, ...rest });
  const row = (u: string, tap: (v: string) => string): string => `let line = i * SY + ${u} * DY - PT;
let inside = clamp(line, 0, H - 1);
let row = plane + inside * W;
let is_inside = line == inside;
${columns.row((pixels, v) => `sum += weights[w + ${tap(v)}] * ${pixels};`, 'is_inside')}`;
  if (!isUnrolled(KH)) return `for (var u = 0; u < KH; u++) {\n${row('u', (v) => `u * ${KW} + ${v}`)}\n}`;
  return Array.from({ length: KH }, (_, u) => `{\n${row(`${u}`, (v) => sumOf(u * KW, v))}\n}`).join('\n');
}

/** A number where both are. */
const sumOf = (a: number, b: string): string => (b === 'v' ? `${a} + v` : `${a + Number(b)}`);

const isUnrolled = (KH: number): boolean => KH <= 5;
