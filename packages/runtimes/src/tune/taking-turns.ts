import type { Executable, Runtime, Tensors } from '@ghostc/conformance';
import type { Tensor } from '@ghostc/ir';
import type { Pairs } from './paired-times.ts';

/** Rounds of one comparison, and the minimum milliseconds of a round, given the resolution of the clock. */
const [ROUNDS, MIN_ROUND] = [30, 1];
/** Runs of a round at most. */
const MAX_RUNS = 200;

/**
 * The runtime `other`, which with the first inputs of each model is also timed against `base`, in rounds that take turns. A model
 * that the base does not run is not timed.
 */
export function takingTurns(base: Runtime, other: Runtime, onTimes: (pairs: Pairs) => void): Runtime {
  return {
    ...other,
    prepare: async (model, source) => {
      const mine = await other.prepare(model, source);
      let theirs = await base.prepare(model, source).catch(() => undefined);
      const timed = async (inputs: Tensors): Promise<void> => {
        const one = theirs;
        theirs = undefined;
        if (one) await pairsOf(one, mine, inputs).then(onTimes, () => undefined);
        await one?.dispose?.();
      };
      return {
        run: async (inputs) => {
          await timed(copied(inputs));
          return mine.run(inputs);
        },
        dispose: async () => mine.dispose?.(),
      };
    },
  };
}

const copied = (inputs: Tensors): Tensors =>
  new Map([...inputs].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() } as Tensor]));

async function pairsOf(base: Executable, other: Executable, inputs: Tensors): Promise<Pairs> {
  const pairs: { readonly base: number[]; readonly other: number[] } = { base: [], other: [] };
  const runs = Math.max(await runsOfRound(base, inputs), await runsOfRound(other, inputs));
  for (let round = 0; round < ROUNDS; round++) {
    // Who goes first changes, since the first one finds other caches than the second.
    const [first, second] = round % 2 ? [other, base] : [base, other];
    const [a, b] = [await timeOf(first, inputs, runs), await timeOf(second, inputs, runs)];
    pairs.base.push(round % 2 ? b : a);
    pairs.other.push(round % 2 ? a : b);
  }
  return pairs;
}

async function runsOfRound(executable: Executable, inputs: Tensors): Promise<number> {
  await timeOf(executable, inputs, 2);
  const time = await timeOf(executable, inputs, 1);
  return Math.min(MAX_RUNS, Math.ceil(MIN_ROUND / time));
}

/** Milliseconds of one run, of several in a row. */
async function timeOf({ run }: Executable, inputs: Tensors, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) await run(inputs);
  return (performance.now() - start) / runs;
}
