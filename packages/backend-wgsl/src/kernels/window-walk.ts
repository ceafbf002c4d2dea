/** How a pool folds the elements under a window, `v`, into variables. */
export interface WindowFold {
  readonly begin: string;
  readonly each: string;
}

interface WalkedElements {
  /** Flat index of the output, in NCHW. */
  readonly output: string;
  /** The element at an index. */
  readonly load: (index: string) => string;
}

/** Folds the input elements under one output's window; parameters are X_AT and the sizes of `windowGeometry`. */
export function windowWalk({ begin, each }: WindowFold, { output, load }: WalkedElements): string {
  return `let left = (${output} % OW) * SX - PL;
let top = ((${output} / OW) % OH) * SY - PT;
let plane = X_AT + ${output} / (OH * OW) * H * W;
${begin}
for (var u = 0; u < KH; u++) {
let y = top + u * DY;
if (y < 0 || y >= H) {
continue;
}
for (var t = 0; t < KW; t++) {
let x = left + t * DX;
if (x < 0 || x >= W) {
continue;
}
let v = ${load('plane + y * W + x')};
${each}
}
}`;
}

/** Window positions from `first` on that lie before `end`, at most `taps`: `name(first, step, taps, end)`. */
export const countedPositions = (
  name: string,
): string => `fn ${name}(first: i32, step: i32, taps: i32, end: i32) -> i32 {
return clamp((end - first + step - 1) / step, 0, taps);
}`;
