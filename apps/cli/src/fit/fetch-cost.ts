import { type CProgram, layerInstructions } from '@ghostc/backend-c';
import type { BoardFacts } from './board-facts.ts';
import { costBuildOf, type FetchCost, type InsideRange, type RunTime } from './run-time.ts';

interface Fetching {
  readonly program: CProgram;
  readonly board: BoardFacts;
  /** Bytes that the flash inside has left. */
  readonly room: number;
}

/** The time of a run whose layers take `time`, with what its fetches add. */
export function withFetches(time: RunTime, fetching: Fetching): RunTime {
  const fetch = fetchCost(time.seconds, fetching);
  return fetch ? { ...time, seconds: time.seconds + fetch.waitSeconds, fetch } : time;
}

function fetchCost(seconds: number, { program, board, room }: Fetching): FetchCost | undefined {
  const { fetches, layers } = program;
  const rate = board.externalFlash?.bytesPerSecond;
  if (!fetches.length || !rate) return undefined;
  const build = costBuildOf(board);
  const costs = layers.map((layer) => layerInstructions(layer, build));
  const each = seconds / Math.max(1, sum(costs));
  const waits = fetches.map(({ bytes }, i) => {
    const hiding = fetches[i - 1];
    const hidden = hiding ? each * sum(costs.slice(...hiding.layers)) : 0;
    return Math.max(0, bytes / rate - hidden);
  });
  const inside = bestInside(waits, { fetches, room });
  const all = sum(waits);
  return {
    transferSeconds: sum(fetches.map(({ bytes }) => bytes)) / rate,
    waitSeconds: all,
    inside: joined(
      inside.map((i) => ({
        layer: layers[fetches[i]?.layers[0] ?? 0]?.name ?? '',
        offset: fetches[i]?.offset ?? 0,
        bytes: fetches[i]?.bytes ?? 0,
      })),
    ),
    insideBytes: sum(inside.map((i) => fetches[i]?.bytes ?? 0)),
    waitSecondsInside: all - sum(inside.map((i) => waits[i] ?? 0)),
  };
}

/** Most waiting for a byte first. */
function bestInside(
  waits: readonly number[],
  { fetches, room }: { readonly fetches: CProgram['fetches']; readonly room: number },
): number[] {
  const worth = (i: number): number => (waits[i] ?? 0) / (fetches[i]?.bytes ?? 1);
  let left = room;
  return [...fetches.keys()]
    .filter((i) => worth(i) > 0)
    .sort((a, b) => worth(b) - worth(a))
    .filter((i) => {
      const { bytes = 0 } = fetches[i] ?? {};
      if (bytes > left) return false;
      left -= bytes;
      return true;
    })
    .sort((a, b) => a - b);
}

/** Parts of one layer that follow one another are one range. */
function joined(ranges: readonly InsideRange[]): InsideRange[] {
  const all: InsideRange[] = [];
  for (const range of ranges) {
    const last = all.at(-1);
    if (last && last.layer === range.layer && last.offset + last.bytes === range.offset)
      all[all.length - 1] = { ...last, bytes: last.bytes + range.bytes };
    else all.push(range);
  }
  return all;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
