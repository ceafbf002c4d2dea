/**
 * The taps (u, v) of a transposed convolution that reach the output (i, j), from the input (row / SY, column / SX), as WGSL around
 * the statements for one of them.
 */
export const reachingTaps = (statements: string): string => `for (var u = 0; u < KH; u++) {
let row = i + PT - u * DY;
if (row < 0 || row % SY != 0 || row / SY >= H) {
continue;
}
for (var v = 0; v < KW; v++) {
let column = j + PL - v * DX;
if (column < 0 || column % SX != 0 || column / SX >= W) {
continue;
}
${statements}
}
}`;
