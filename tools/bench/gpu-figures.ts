import type { Dispatch, WgslManifest } from '@ghostc/wgsl-runtime';

/** How a program suits a GPU, without one. */
export interface GpuFigures {
  readonly dispatches: number;
  /** Dependent additions: of the longest invocation of each dispatch, summed over the dispatches, which run one after another. */
  readonly chain: number;
  readonly macs: number;
  /** Part of the multiply-accumulates in dispatches of fewer than `few` invocations. */
  readonly inFew: number;
  /** Label and chain of the longest. */
  readonly longest: string;
}

/** Fewer invocations than this leave most of a GPU idle. */
export const few = 4096;

interface Work {
  /** Dependent additions of one invocation, those that join its workgroup included. */
  readonly chain: number;
  readonly macs: number;
}

/** Figures of a list of dispatches of a float program. Throws an Error for a module without a formula. */
export function gpuFigures(manifest: WgslManifest, dispatches: readonly Dispatch[]): GpuFigures {
  const works = dispatches.map((dispatch) => ({
    label: dispatch.label,
    invocations: invocationsOf(manifest, dispatch),
    ...workOf(dispatch),
  }));
  const sum = (of: (work: (typeof works)[number]) => number): number =>
    works.reduce((total, work) => total + of(work), 0);
  const [longest] = [...works].sort((a, b) => b.chain - a.chain);
  const macs = sum((work) => work.macs);
  return {
    dispatches: dispatches.length,
    chain: sum(({ chain }) => chain),
    macs,
    inFew: sum((work) => (work.invocations < few ? work.macs : 0)) / Math.max(macs, 1),
    longest: `${longest?.label} (${longest?.chain})`,
  };
}

function invocationsOf({ modules }: WgslManifest, { module, workgroups, ints }: Dispatch): number {
  const size = Number(/@workgroup_size\((\d+)\)/.exec(modules[module] ?? '')?.[1]);
  const groups = workgroups.reduce((product, count) => product * count, 1);
  // a workgroup an item, or an invocation an item
  return ints.COUNT === groups ? groups * size : (ints.COUNT ?? 0);
}

function workOf({ module, ints, label }: Dispatch): Work {
  const [, formula] = formulas.find(([prefix]) => module.startsWith(prefix)) ?? [];
  if (!formula) throw new Error(`${label}: there is no formula for the module ${module}`);
  const get = (name: string): number => {
    const value = ints[name];
    if (value === undefined) throw new Error(`${label}: the module ${module} has no parameter ${name}`);
    return value;
  };
  return formula(get, module);
}

type Formula = (get: (name: string) => number, module: string) => Work;

const numberIn = (module: string, pattern: RegExp): number => Number(pattern.exec(module)?.[1] ?? 0);
const partsOf = (module: string): number => numberIn(module, /_(\d+)parts_/);
const pixelsOf = (P: number, module: string): number => (module.includes('_vec4f') ? P * 4 : P);
const elementwise: Formula = () => ({ chain: 1, macs: 0 });

const pointwise: Formula = (get, module) => {
  const [K, M, P] = [get('K'), get('M'), pixelsOf(get('P'), module)];
  const images = get('COUNT') / (get('TILES') * get('CHANNEL_TILES'));
  const parts = partsOf(module);
  return { chain: parts ? get('SIZE') * 4 + (K % 4) + parts : K, macs: images * K * M * P };
};

const matrixVector: Formula = (get, module) => {
  const parts = partsOf(module);
  const outputs = parts ? (get('COUNT') / get('TILES')) * get('M') : get('COUNT');
  return { chain: parts ? get('SIZE') + parts + 2 : Math.ceil(get('K') / 4) + 2, macs: outputs * get('K') };
};

/** Sizes of the cheap kernel in a Ghost module's id. */
const cheapArea = (module: string): number => numberIn(module, /_(\d+)x/) ** 2;

const wholeGhost: Formula = (get, module) => {
  const plane = get('H') * get('W');
  const [group, channels] = [numberIn(module, /_g(\d+)_/), numberIn(module, /_(\d+)c_/)];
  const primaryTurns = Math.ceil(Math.ceil(plane / 4) / group);
  const cheapTurns = Math.ceil((channels * get('MULTIPLIER') * get('H') * get('W4')) / group);
  const images = get('COUNT') / get('CHANNEL_TILES');
  return {
    chain: primaryTurns * get('K') + cheapTurns * cheapArea(module),
    macs: images * plane * (get('K') * get('INIT') + get('CHEAP') * cheapArea(module)),
  };
};

const cheapRows: Formula = (get, module) => {
  const rows = get('H') * get('W4');
  const channels = get('CHEAP') + (module.includes('_residual') ? get('INIT') : 0);
  const images = get('COUNT') / (channels * rows);
  return {
    chain: cheapArea(module),
    macs: images * get('CHEAP') * get('H') * get('W') * cheapArea(module),
  };
};

/** Columns of the window are in the id, and its rows where they are written out. */
const windowed =
  (
    perTap: (get: (name: string) => number) => number,
    images: (get: (name: string) => number) => number,
  ): Formula =>
  (get, module) => {
    const columns = numberIn(module, /_k(?:\d+x)?(\d+)_/);
    const taps = perTap(get) * get('KH') * columns;
    return { chain: taps, macs: images(get) * get('OH') * get('OW') * taps };
  };

const gate: Formula = (get) => {
  const [C, R, P, N] = [get('C'), get('R'), get('P'), get('COUNT')];
  const turns = (n: number): number => Math.ceil(n / 64);
  const chain = turns(C) * P + turns(R) * Math.ceil(C / 4) + turns(C) * Math.ceil(R / 4);
  return { chain, macs: 2 * N * C * R };
};

/** By the start of the module's id; the first that fits. */
const formulas: readonly (readonly [string, Formula])[] = [
  ['pointwise_', pointwise],
  ['ghost_primary_', pointwise],
  ['ghost_cheap_', cheapRows],
  ['ghost_', wholeGhost],
  ['fully_connected_', matrixVector],
  [
    'depthwise_',
    windowed(
      () => 1,
      (get) => get('COUNT') / (get('OH') * get('OW4')),
    ),
  ],
  [
    'conv2d_',
    windowed(
      (get) => get('CG'),
      (get) => (get('COUNT') / (get('BLOCKS') * get('OH') * get('OW4'))) * get('M'),
    ),
  ],
  ['squeeze_excite_gate_', gate],
  ['reduce_mean_wide_', (get) => ({ chain: Math.ceil(get('R0') / 64) + 6, macs: 0 })],
  // each of the four components of a vec4f is a separate chain
  ['reduce_mean_vec4f', (get) => ({ chain: get('SIZE') / 4 + 2, macs: 0 })],
  ['reduce_mean_', (get) => ({ chain: get('SIZE'), macs: 0 })],
  ['softmax_wide', (get) => ({ chain: 3 * Math.ceil(get('SIZE') / 64) + 12, macs: 0 })],
  ['softmax', (get) => ({ chain: 3 * get('SIZE'), macs: 0 })],
  ['average_pool', (get) => ({ chain: get('KH') * get('KW'), macs: 0 })],
  ['max_pool', (get) => ({ chain: get('KH') * get('KW'), macs: 0 })],
  ...['add', 'mul', 'copy', 'resize', 'unary', 'hard', 'relu', 'sigmoid', 'transpose', 'pad'].map(
    (name) => [name, elementwise] as const,
  ),
];
