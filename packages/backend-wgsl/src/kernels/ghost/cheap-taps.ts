import { element } from '../channel-block.ts';
import type { GhostText } from './ghost-id.ts';

/** Cheap weights [CHEAP,1,size,size] with each row of a kernel in whole vec4s, zero beyond it. */
export function packRows(data: Float32Array, size: number): Float32Array {
  const stride = vectorsOf(size) * 4;
  const rows = new Float32Array((data.length / size) * stride);
  for (let i = 0; i < data.length; i++) rows[Math.floor(i / size) * stride + (i % size)] = data[i] ?? 0;
  return rows;
}

/**
 * Adds row `u` of the window of cheap channel `cheap` to `sum`, four neighbours of a row. `pixel(c)` is the float at column
 * c of the first one's window, 0 <= c < size + 3. Parameter: CW_AT (vec4s).
 */
export function addTaps(size: number, pixel: (column: number) => string): string {
  const vectors = vectorsOf(size);
  const loads = Array.from(
    { length: vectors },
    (_, i) => `let f${i} = weights[CW_AT + (cheap * ${size} + u) * ${vectors} + ${i}];`,
  );
  const taps = Array.from({ length: size }, (_, v) => {
    const pixels = [0, 1, 2, 3].map((j) => pixel(v + j)).join(', ');
    return `sum += f${v >> 2}.${'xyzw'[v & 3]} * vec4f(${pixels});`;
  });
  return [...loads, ...taps].join('\n');
}

const vectorsOf = (size: number): number => Math.ceil(size / 4);

/**
 * Four neighbours, from column `j` on, of row `r` of cheap channel `cheap`, whose primary plane is at `source`: each column of
 * the window is read once a row. Also in scope: `plane`, its size, and `image`, where the output's planes begin. Parameters:
 * H, W, INIT, CW_AT, CB_AT, Y_AT, R_AT of a residual.
 */
export function cheapRow({ block, size, residual, applied }: GhostText, source: string): string {
  const halo = size >> 1;
  const at = element(block.lane);
  const columns = Array.from({ length: 4 + 2 * halo }, (_, c) => c - halo);
  return `${columns.map((column, i) => `let x${i} = clamp(j + ${column}, 0, W - 1);\nlet i${i} = x${i} == j + ${column};`).join('\n')}
var sum = vec4f(weights[CB_AT + cheap / 4][cheap % 4]);
for (var u = max(0, ${halo} - r); u < min(${size}, H + ${halo} - r); u++) {
let row = ${source} + (r + u - ${halo}) * W;
${columns.map((_, i) => `let v${i} = select(0.0, ${at(`row + x${i}`)}, i${i});`).join('\n')}
${addTaps(size, (column) => `v${column}`)}
}
sum = ${applied.cheap('sum', 'cheap')};
let o = image + (INIT + cheap) * plane + r * W + j;
for (var k = 0; k < min(4, W - j); k++) {
${at('Y_AT + o + k')} = sum[k]${residual ? ` + ${at('R_AT + o + k')}` : ''};
}`;
}
