import { type Affine, type Line, lineEntries, lineThrough } from '@ghostc/ops';

/** y = slope v + offset, and by how much it could be higher or lower before an entry changes. */
interface Fit {
  readonly slope: number;
  readonly offset: number;
  readonly room: number;
}

/** Steps of the search for the slope: it ends below the precision of a double. */
const STEPS = 80;

/** Hard-sigmoids as frameworks have them: of PyTorch, of Keras and ONNX. */
const usual = [
  { alpha: 1 / 6, beta: 0.5 },
  { alpha: 0.2, beta: 0.5 },
] as const;

/**
 * The int8 weight and int32 bias whose layer produces every entry of an int8 table (-128 to 127, in order),
 * if the table is a line between the ends of int8 and they exist. Rounds as TFLite's layers do.
 */
export function lineOf(table: Int8Array, x: Affine, y: Affine): Line | undefined {
  const gives = (line: Line): boolean => {
    const entries = lineEntries(line, x, y);
    return table.every((entry, i) => entry === entries[i]);
  };
  return usual.map((line) => lineThrough(line, x)).find(gives) ?? searched(table, x, y)?.find(gives);
}

/** Lines through the middle of the room that the entries leave, with every weight. */
function searched(table: Int8Array, x: Affine, y: Affine): Line[] | undefined {
  const fit = widest(table);
  if (!fit) return undefined;
  const sizes = Array.from({ length: 127 }, (_, i) => 127 - i);
  return sizes.flatMap((size) => {
    const weight = Math.sign(fit.slope) * size;
    const scale = Math.fround((fit.slope * y.scale) / (x.scale * weight));
    const bias = Math.round(
      ((fit.offset - y.zeroPoint) * y.scale) / (x.scale * scale) + weight * x.zeroPoint,
    );
    return scale > 0 ? [{ weight, bias, scale }] : [];
  });
}

/** The slope that leaves most room, by ternary search: the room is a concave function of the slope. */
function widest(table: Int8Array): Fit | undefined {
  if (table.every((entry) => entry === table[0])) return undefined;
  const rising = (table[255] ?? 0) > (table[0] ?? 0);
  let [low, high] = rising ? [0, 256] : [-256, 0];
  for (let i = 0; i < STEPS; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (fitOf(table, a).room < fitOf(table, b).room) low = a;
    else high = b;
  }
  const fit = fitOf(table, (low + high) / 2);
  return fit.room > 0 ? fit : undefined;
}

/** Offsets that round to each entry are within half a step; entries at the ends bound only one side. */
function fitOf(table: Int8Array, slope: number): Fit {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  table.forEach((entry, i) => {
    const at = slope * (i - 128);
    if (entry > -128) least = Math.max(least, entry - 0.5 - at);
    if (entry < 127) most = Math.min(most, entry + 0.5 - at);
  });
  return { slope, offset: (least + most) / 2, room: most - least };
}
