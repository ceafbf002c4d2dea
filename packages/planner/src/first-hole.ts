import { itemAt } from '@ghostc/ir';
import { type Arrangement, type Box, endOf, heightOf, roundUp, startOf } from './first-fit.ts';

/** Bytes [from, to) that nothing uses. */
interface Hole {
  from: number;
  to: number;
}

/** As an allocator works: boxes in the order in which they are needed, each in the lowest hole that it fits. */
export function firstHole(boxes: readonly Box[], align: number): Arrangement {
  const offsets = new Array<number>(boxes.length).fill(0);
  const holes: Hole[] = [{ from: 0, to: Number.POSITIVE_INFINITY }];
  const uses = boxes.map((box, i) => ({
    i,
    start: startOf(box),
    end: endOf(box),
    bytes: roundUp(heightOf(box), align),
  }));
  const starting = uses.filter(({ bytes }) => bytes > 0).sort((a, b) => a.start - b.start || a.i - b.i);
  const ending = [...starting].sort((a, b) => a.end - b.end);
  let bytes = 0;
  let freed = 0;
  for (const use of starting) {
    for (let old = ending[freed]; old && old.end < use.start; old = ending[++freed])
      giveBack(holes, offsets[old.i] ?? 0, old.bytes);
    const offset = take(holes, use.bytes);
    offsets[use.i] = offset;
    bytes = Math.max(bytes, offset + use.bytes);
  }
  return { offsets, bytes };
}

function take(holes: Hole[], bytes: number): number {
  const at = holes.findIndex(({ from, to }) => to - from >= bytes);
  const hole = itemAt(holes, at);
  const offset = hole.from;
  hole.from += bytes;
  if (hole.from === hole.to) holes.splice(at, 1);
  return offset;
}

/** Puts a hole in its place, and joins it with those that it touches. */
function giveBack(holes: Hole[], from: number, bytes: number): void {
  let [low, high] = [0, holes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (itemAt(holes, middle).from < from) low = middle + 1;
    else high = middle;
  }
  const hole = { from, to: from + bytes };
  const [before, after] = [holes[low - 1], holes[low]];
  if (after?.from === hole.to) {
    hole.to = after.to;
    holes.splice(low, 1);
  }
  if (before?.to === from) before.to = hole.to;
  else holes.splice(low, 0, hole);
}
