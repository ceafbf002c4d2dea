import type { KernelCases } from './wgsl-kernel-cases.ts';

/** Fused Ghost modules: odd channels and planes, K beyond a multiple of four, gates, residuals in place, batches. */
export const ghostCases: KernelCases = {
  plain: ghost({ x: [1, 8, 6, 6], init: 8, cheap: 8 }),
  'odd plane': ghost({ x: [1, 5, 7, 7], init: 6, cheap: 5 }),
  'batch of two': ghost({ x: [2, 4, 5, 3], init: 4, cheap: 4 }),
  gate: ghost({ x: [1, 8, 4, 4], init: 16, cheap: 16, gate: true }),
  'gate and odd K': ghost({ x: [2, 7, 3, 3], init: 5, cheap: 4, gate: true }),
  residual: ghost({ x: [1, 16, 8, 8], init: 8, cheap: 8, residual: true }),
  'odd residual': ghost({ x: [2, 9, 7, 5], init: 5, cheap: 4, residual: true }),
  'gate and residual': ghost({ x: [1, 20, 14, 14], init: 10, cheap: 10, gate: true, residual: true }),
  'cheap 5x5': ghost({ x: [1, 8, 9, 9], init: 8, cheap: 8, size: 5 }),
  'one pixel': ghost({ x: [1, 3, 1, 1], init: 2, cheap: 1 }),
  'ratio 3, trimmed': ghost({ x: [2, 5, 6, 6], init: 5, cheap: 8, ratio: 3 }),
  'ratio 4, residual': ghost({ x: [1, 8, 7, 5], init: 6, cheap: 18, ratio: 4, residual: true }),
  ...tiledCases(),
  ...splitCases(),
  'squeeze-and-excite': squeeze({ x: [1, 8, 4, 4], hidden: 4 }),
  'squeeze-and-excite, odd': squeeze({ x: [2, 5, 3, 3], hidden: 3 }),
  'squeeze-and-excite, wide': squeeze({ x: [1, 130, 9, 9], hidden: 70 }),
};

interface GhostCase {
  readonly x: readonly [number, number, number, number];
  readonly init: number;
  readonly cheap: number;
  readonly size?: number;
  readonly ratio?: number;
  readonly gate?: boolean;
  readonly residual?: boolean;
  /** Of the two parts; ReLU, or nothing before a residual, if absent. */
  readonly acts?: readonly [string, string];
}

/** Sums that are long enough for GPUs to cut them into parts: odd numbers of channels and pixels, batches, every option. */
function splitCases(): KernelCases {
  return {
    'split, 7x7': ghost({ x: [1, 64, 7, 7], init: 12, cheap: 12 }),
    'split, 8x8, batch, odd K': ghost({ x: [2, 131, 8, 8], init: 9, cheap: 8 }),
    'split, gate, odd K': ghost({ x: [2, 67, 5, 3], init: 5, cheap: 4, gate: true }),
    'split, gate, residual': ghost({ x: [2, 96, 6, 6], init: 48, cheap: 48, gate: true, residual: true }),
    'split, odd residual': ghost({ x: [2, 63, 7, 5], init: 32, cheap: 31, residual: true }),
    'split, ratio 3, trimmed, 5x5': ghost({ x: [1, 100, 6, 6], init: 5, cheap: 8, ratio: 3, size: 5 }),
  };
}

/**
 * Planes of more than 256 pixels, which are tiled: whole numbers of tiles and not, one row, one column, tiles in both directions,
 * channels that are no whole block, cheap kernels of any odd size.
 */
function tiledCases(): KernelCases {
  return {
    'tiles of rows': ghost({ x: [1, 8, 20, 16], init: 8, cheap: 8 }),
    'tiles, odd plane': ghost({ x: [1, 5, 23, 19], init: 6, cheap: 5 }),
    'tiles, batch, odd channels': ghost({ x: [2, 7, 17, 21], init: 5, cheap: 4 }),
    'tiles in both directions': ghost({ x: [1, 4, 37, 150], init: 4, cheap: 4 }),
    'tiles of a wide plane': ghost({ x: [1, 3, 3, 1100], init: 5, cheap: 5 }),
    'tiles of one row': ghost({ x: [1, 6, 1, 500], init: 4, cheap: 3, residual: true }),
    'tiles of one column': ghost({ x: [1, 6, 301, 1], init: 4, cheap: 4 }),
    'tiles, gate': ghost({ x: [1, 8, 24, 24], init: 16, cheap: 16, gate: true }),
    'tiles, gate, odd K, batch': ghost({ x: [2, 7, 18, 15], init: 5, cheap: 4, gate: true }),
    'tiles, residual': ghost({ x: [1, 16, 32, 28], init: 8, cheap: 8, residual: true }),
    'tiles, odd residual, batch': ghost({ x: [2, 9, 31, 29], init: 5, cheap: 4, residual: true }),
    'tiles, cheap 5x5': ghost({ x: [1, 8, 40, 36], init: 8, cheap: 8, size: 5 }),
    'tiles, cheap 5x5, odd plane, no relu': ghost({
      x: [1, 4, 33, 35],
      init: 7,
      cheap: 6,
      size: 5,
      residual: true,
    }),
    'tiles, cheap 11x11': ghost({ x: [1, 4, 21, 18], init: 4, cheap: 4, size: 11 }),
    'tiles, silu and mish': ghost({ x: [1, 4, 21, 18], init: 4, cheap: 4, acts: ['silu', 'mish'] }),
    'tiles, gelu': ghost({ x: [1, 4, 21, 18], init: 4, cheap: 4, acts: ['gelu', 'gelu'] }),
    'tiles, cheap 1x1': ghost({ x: [2, 4, 17, 18], init: 4, cheap: 4, size: 1 }),
    'tiles, ratio 3, trimmed': ghost({ x: [2, 5, 18, 20], init: 5, cheap: 8, ratio: 3 }),
    'tiles, ratio 4': ghost({ x: [1, 8, 19, 17], init: 6, cheap: 18, ratio: 4, size: 5 }),
  };
}

/** The residual is computed, so that it may lie in the output's place; so is the gate. */
function ghost({
  x: [n, c, h, w],
  init,
  cheap,
  size = 3,
  ratio = 2,
  gate,
  residual,
  acts,
}: GhostCase): string {
  const y = [n, init + cheap, h, w];
  const [act, cheapAct] = acts ?? (residual ? ['none', 'none'] : ['relu', 'relu']);
  return `graph @g(%x: f32[${n},${c},${h},${w}], %r: f32[${y}], %g: f32[${n},${c},1,1])
  const %pw: f32[${init},${c},1,1] = random(1)
  const %pb: f32[${init}] = random(2)
  const %cw: f32[${cheap},1,${size},${size}] = random(3)
  const %cb: f32[${cheap}] = random(4)
  %gate = sigmoid %g
  %residual = neg %r
  %y = fused_ghost_module %x, %pw, %pb, %cw, %cb, ${gate ? '%gate' : '_'}, ${residual ? '%residual' : '_'} {activation="${act}", cheap_activation="${cheapAct}", ratio=${ratio}}
  %z = add %y, %r
  return %z${gate ? '' : ', %gate'}${residual ? '' : ', %residual'}`;
}

function squeeze({
  x: [n, c, h, w],
  hidden,
}: {
  readonly x: GhostCase['x'];
  readonly hidden: number;
}): string {
  return `graph @g(%x: f32[${n},${c},${h},${w}])
  const %a: f32[${hidden},${c},1,1] = random(1)
  const %b: f32[${hidden}] = random(2)
  const %c: f32[${c},${hidden},1,1] = random(3)
  const %d: f32[${c}] = random(4)
  %h = squeeze_excite_gate %x, %a, %b, %c, %d
  %s = squeeze_excite_gate %x, %a, %b, %c, %d {gate="sigmoid", gate_params=[]}
  %t = squeeze_excite_gate %x, %a, %b, %c, %d {reduce_activation="leaky_relu", reduce_activation_params=[0.2], gate="clip", gate_params=[-0.3, 0.8]}
  %u = mul %h, %s
  %y = mul %u, %t
  return %y`;
}
