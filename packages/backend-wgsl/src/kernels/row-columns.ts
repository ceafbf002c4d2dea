import type { WindowGeometry } from './window-geometry.ts';

/** What is done with a tap along x: `pixels`, a vec4f, times the weight at `v`. */
type Tap = (pixels: string, v: string) => string;

/** The columns of an input row that 4 neighbouring outputs read, as WGSL. `z` is the first; `row` the row's start. */
export interface RowColumns {
  /** Declares for column c its index x<c>, clamped to the row, and whether it is inside, i<c>. Once for all rows. */
  readonly declarations: string;
  /** Does `tap` with the taps of a row: those outside it, or where `inside`, a condition on the row, is false, read 0. */
  readonly row: (tap: Tap, inside?: string) => string;
}

/** Wider windows are a loop over their taps: written out, a window of 256 takes minutes to compile. */
const MAX_WRITTEN_OUT = 16;

/** Output k and tap v read column k * stride + v * dilation. */
export function rowColumns(geometry: Pick<WindowGeometry, 'KW' | 'SX' | 'DX'>): RowColumns {
  return geometry.KW <= MAX_WRITTEN_OUT ? writtenOut(geometry) : looped(geometry);
}

/** Each column is loaded once. */
function writtenOut({ KW, SX, DX }: Pick<WindowGeometry, 'KW' | 'SX' | 'DX'>): RowColumns {
  const reads = Array.from({ length: KW }, (_, v) => [0, 1, 2, 3].map((k) => k * SX + v * DX));
  const columns = [...new Set(reads.flat())].sort((a, b) => a - b);
  const declare = (c: number): string =>
    `let x${c} = clamp(z + ${c}, 0, W - 1);\nlet i${c} = x${c} == z + ${c};`;
  const load = (c: number, inside = ''): string =>
    `let c${c} = select(0.0, arena[row + x${c}], i${c}${inside && ` && ${inside}`});`;
  const taps = reads.map((read) => `vec4f(${read.map((c) => `c${c}`).join(', ')})`);
  return {
    declarations: columns.map(declare).join('\n'),
    row: (tap, inside) => `${columns.map((c) => load(c, inside)).join('\n')}
${taps.map((pixels, v) => tap(pixels, `${v}`)).join('\n')}`,
  };
}

function looped({ KW, SX, DX }: Pick<WindowGeometry, 'KW' | 'SX' | 'DX'>): RowColumns {
  const offsets = [0, 1, 2, 3].map((k) => k * SX);
  return {
    declarations: '',
    row: (tap, inside) => `for (var v = 0; v < ${KW}; v++) {
let c = vec4i(z + v * ${DX}) + vec4i(${offsets.join(', ')});
let x = clamp(c, vec4i(0), vec4i(W - 1));
let loaded = vec4f(${['x', 'y', 'z', 'w'].map((k) => `arena[row + x.${k}]`).join(', ')});
let pixels = select(vec4f(0.0), loaded, (x == c)${inside ? ` & vec4<bool>(${inside})` : ''});
${tap('pixels', 'v')}
}`,
  };
}
