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
