import type { WeightForm } from './c-program.ts';

/** A program whose run function asks the caller for the weights of each step, while the step before it computes. */
interface Fetching {
  readonly name: string;
  readonly form: WeightForm;
  /** Of the buffer that holds the weights of two steps that follow one another. */
  readonly fetchBytes: number;
}

/** What some steps of a run need of the weights, and their code. */
export interface FetchedStep {
  /** Bytes of the file, a multiple of 16. */
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** Where the weights of each step lie in the buffer: at its two ends in turn, so that two neighbours never meet. */
export interface FetchPlan {
  readonly bufferBytes: number;
  readonly places: readonly number[];
}

/**
 * The smallest buffer in which each step's weights fit next to those of the following step; steps without
 * weights do not count.
 */
export function planFetches(sizes: readonly number[]): FetchPlan {
  const weighted = sizes.filter((size) => size > 0);
  const pairs = weighted.map((size, i) => size + (weighted[i + 1] ?? 0));
  const bufferBytes = Math.max(16, ...pairs);
  let turn = 0;
  const places = sizes.map((size) => (size > 0 && turn++ % 2 ? bufferBytes - size : 0));
  return { bufferBytes, places };
}

/** The steps of a run with the fetches between them: each waits for its weights, and asks for those of the next before it computes. */
export function fetchedSteps(name: string, steps: readonly FetchedStep[], { places }: FetchPlan): string[] {
  let at = 0;
  const ranges = steps.map(({ bytes }, i) => {
    at += bytes;
    return { offset: at - bytes, bytes, place: places[i] ?? 0 };
  });
  const weighted = ranges.filter(({ bytes }) => bytes > 0);
  return steps.flatMap(({ lines }, i) => {
    const turn = weighted.indexOf(ranges[i] as (typeof ranges)[number]);
    if (turn < 0) return lines;
    const [own, next] = [weighted[turn], weighted[turn + 1]];
    return [
      ...(turn === 0 && own ? startOf(name, own) : []),
      ...checked(name, 'fetch(source, 0, 0, NULL)'),
      ...(next ? startOf(name, next) : []),
      ...lines,
    ];
  });
}

function startOf(name: string, range: { offset: number; bytes: number; place: number }): string[] {
  const { offset, bytes, place } = range;
  return checked(name, `fetch(source, ${offset}, ${bytes}, (char *)weights + ${place})`);
}

function checked(name: string, call: string): string[] {
  return [`if (${call} != 0) {`, `return ${name.toUpperCase()}_E_FETCH;`, '}'];
}

export function fetchMacro({ name, form, fetchBytes }: Fetching): string {
  if (form !== 'fetch') return '';
  return `/* Bytes of the buffer that they are fetched into: those of two steps that follow one another. */\n#define ${name.toUpperCase()}_FETCH_SIZE ${fetchBytes}\n`;
}

export function fetchDeclaration({ name, form }: Fetching): string {
  if (form !== 'fetch') return '';
  const upper = name.toUpperCase();
  return `/*
 * Brings \`bytes\` bytes of ${name}_weights.bin, from \`offset\` on, to \`to\`, which lies in the buffer \`weights\` of the run function: at
 * once, or by a transfer that goes on while a layer computes (DMA). With \`to\` NULL it waits until all that was asked for is
 * there. \`source\` comes as it was given. A result other than 0 ends the run, which returns ${upper}_E_FETCH. After any
 * result other than ${upper}_OK a transfer may still go on: end it before the buffer is used again.
 */
typedef int (*${name}_fetch)(void *source, size_t offset, size_t bytes, void *to);

`;
}

/** What follows the pointers of the run function. */
export function fetchParameters({
  name,
  form,
}: Omit<Fetching, 'fetchBytes'>): { readonly type: string; readonly name: string }[] {
  if (form !== 'fetch') return [];
  return [
    { type: `${name}_fetch `, name: 'fetch' },
    { type: 'void *', name: 'source' },
  ];
}
