import type { Lane } from '../kernel.ts';

/** A register block of a 1x1 convolution: 4 * blocks output channels x 4 pixels, over K input channels. */
export interface ChannelBlock {
  /** Blocks of four output channels. */
  readonly blocks: number;
  /** Type of the arena: whole vec4s of pixels, or single ones. */
  readonly lane: Lane;
  /** Input channels are scaled by the arena's floats from `gate_at`, a variable, on. */
  readonly gate: boolean;
  /** K is no multiple of four. */
  readonly tail: boolean;
}

/** Who reads weights: each invocation all of them, or the four of a quad a part each, which they share by subgroup operations. */
export type Reading = 'plain' | 'subgroups';

export const component = ['x', 'y', 'z', 'w'] as const;
const four = [0, 1, 2, 3] as const;

/** Names of the sums: s0, s1, ... one vec4f of pixels for each output channel. */
export function sumNames({ blocks }: ChannelBlock): readonly string[] {
  return Array.from({ length: blocks * 4 }, (_, i) => `s${i}`);
}

/**
 * A part of the input channels, as WGSL: fours `from` to `to`; `first` and `last` test whether it is that
 * part.
 */
export interface ChannelRange {
  readonly from: string;
  readonly to: string;
  readonly first: string;
  readonly last: string;
}

/**
 * Declares the sums, starting with the bias, and adds all products, or those of `range`. In scope: `m4`, the first block of
 * channels; `x`, a variable, the index of the pixels in the first input channel; for single pixels `q`, the offsets of four of
 * them. Parameters: K, P (the distance of channels), W_AT (matrix [M4][K][4]), B_AT (vec4s). Blocks beyond the last repeat the
 * last: BLOCKS.
 */
export function accumulateBlock(block: ChannelBlock, reading: Reading, range?: ChannelRange): string {
  const bias = (b: number): string => `weights[B_AT + b${b}]`;
  const starts = Array.from({ length: block.blocks }, (_, b) =>
    [
      `let b${b} = min(m4 + ${b}, BLOCKS - 1);`,
      `let bias${b} = ${range ? `select(vec4f(0.0), ${bias(b)}, ${range.first})` : bias(b)};`,
      `var w${b} = W_AT + b${b} * K${range ? ` + 4 * ${range.from}` : ''};`,
    ].join('\n'),
  );
  const sums = sumNames(block).map((name, i) => `var ${name} = vec4f(bias${i >> 2}.${component[i & 3]});`);
  const advance = (step: string): string =>
    Array.from({ length: block.blocks }, (_, b) => `w${b} += ${step};`).join('\n');
  const tail = block.tail ? tailLoop(block, advance('1')) : '';
  return `${starts.join('\n')}
${sums.join('\n')}
for (var k = ${range?.from ?? '0'}; k < ${range?.to ?? 'K / 4'}; k++) {
${reading === 'subgroups' ? quadTurn(block) : plainTurn(block)}
x += 4 * P;
${advance('4')}
}
${tail && range ? `if (${range.last}) {\n${tail}\n}` : tail}`;
}

function tailLoop(block: ChannelBlock, advance: string): string {
  const gate = block.gate ? gateAt('k', block) : '';
  return `for (var k = K - K % 4; k < K; k++) {
${product(block, { pixels: 'x', weights: (b) => `matrix(w${b})`, gate })}
x += P;
${advance}
}`;
}

/** Four input channels: each invocation reads the weights of all. */
function plainTurn(block: ChannelBlock): string {
  const gate = block.gate ? `let g = ${gates('k', block)};\n` : '';
  const turns = four.map((j) =>
    product(block, {
      pixels: j ? `x + ${j} * P` : 'x',
      weights: (b) => `matrix(w${b}${j ? ` + ${j}` : ''})`,
      gate: block.gate ? `g.${component[j]}` : '',
    }),
  );
  return gate + turns.join('\n');
}

/** Four input channels: each invocation of a quad reads the weights of one, and scales them. */
function quadTurn(block: ChannelBlock): string {
  const scale = block.gate ? ` * ${gateAt('(k * 4 + quad)', block)}` : '';
  const loads = Array.from({ length: block.blocks }, (_, b) => `let f${b} = matrix(w${b} + quad)${scale};`);
  const turns = four.map((j) =>
    product(block, {
      pixels: j ? `x + ${j} * P` : 'x',
      weights: (b) => `quadBroadcast(f${b}, ${j}u)`,
      gate: '',
    }),
  );
  return [...loads, ...turns].join('\n');
}

interface Product {
  readonly pixels: string;
  readonly weights: (block: number) => string;
  /** A factor of the pixels; none if empty. */
  readonly gate: string;
}

function product(block: ChannelBlock, { pixels, weights, gate }: Product): string {
  const load = loadPixels(block.lane, pixels);
  const lines = Array.from({ length: block.blocks }, (_, b) => [
    `let c${b} = ${weights(b)};`,
    ...four.map((i) => `s${b * 4 + i} += c${b}.${component[i]} * v;`),
  ]);
  return `{\nlet v = ${load}${gate ? ` * ${gate}` : ''};\n${lines.flat().join('\n')}\n}`;
}

function loadPixels(lane: Lane, at: string): string {
  if (lane === 'vec4f') return `arena[${at}]`;
  return `vec4f(${component.map((c) => `arena[${at} + q.${c}]`).join(', ')})`;
}

/** The gate of channel `k`. */
function gateAt(k: string, { lane }: ChannelBlock): string {
  return element(lane)(`gate_at + ${k}`);
}

/** The gates of channels 4k to 4k + 3: of later images they lie on a vec4 if K is a multiple of four. */
function gates(k: string, { lane, tail }: ChannelBlock): string {
  if (lane === 'vec4f' && !tail) return `arena[gate_at / 4 + ${k}]`;
  return `vec4f(${four.map((j) => element(lane)(`gate_at + ${k} * 4 + ${j}`)).join(', ')})`;
}

/** One float of the arena by its index in floats. */
export function element(lane: Lane): (index: string) => string {
  return (index) => (lane === 'vec4f' ? `arena[(${index}) / 4][(${index}) % 4]` : `arena[${index}]`);
}

/**
 * Blocks of four channels that one invocation takes. Cost of an input channel: loads of pixels and weights, twice a
 * multiplication each, and the multiplications, those of channels beyond M included.
 */
export function blocksFor(channels: number): 1 | 2 {
  const cost = (blocks: number): number =>
    Math.ceil(channels / (4 * blocks)) * (2 * (1 + blocks) + 4 * blocks);
  return cost(2) < cost(1) ? 2 : 1;
}
