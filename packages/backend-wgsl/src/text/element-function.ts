import type { OpsWith } from '@ghostc/ops';
import type { Lane } from '../kernel.ts';
import { type UnaryText, unaryFormulas } from './elementwise-formulas.ts';

/** A function of one number in WGSL, `fn apply(x)`. */
export interface ElementFunction {
  /** Distinguishes functions with different text. */
  readonly key: string;
  readonly text: string;
  /** Values of the constants that the text uses. */
  readonly floats: Readonly<Record<string, number>>;
}

export type FunctionName = OpsWith<'unary'> | 'none';

const largest = 3.4028234663852886e38;

/** `fn apply(x: T) -> T`. Parameters are those of the op, in order: clip [min, max]; hard_sigmoid [alpha, beta]; leaky_relu [alpha]. */
export function elementFunction(
  name: FunctionName,
  T: Lane,
  params: readonly number[] = [],
): ElementFunction {
  const { key, values } = name === 'clip' ? clipVariant(params) : { key: name, values: params };
  const { first = [], value }: UnaryText = unaryFormulas[key](T, 'x');
  return {
    key,
    text: `fn apply(x: ${T}) -> ${T} {\n${[...first, `return ${value};`].join('\n')}\n}`,
    floats: Object.fromEntries(values.map((value, i) => [`P${i}`, asFloat(value)])),
  };
}

/** The function under the name `apply_NAME`, with its own constants, so that it can be combined with another. */
export function calledLike(
  { text, floats }: ElementFunction,
  suffix: string,
): Omit<ElementFunction, 'key'> & { readonly name: string } {
  const constant = (name: string): string => `${suffix.toUpperCase()}_${name}`;
  return {
    name: `apply_${suffix}`,
    text: text.replace('fn apply(', `fn apply_${suffix}(`).replace(/\bP\d\b/g, constant),
    floats: Object.fromEntries(Object.entries(floats).map(([name, value]) => [constant(name), value])),
  };
}

/** WGSL has no infinite constants: an absent bound is absent from the code. */
function clipVariant([min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY]: readonly number[]): {
  key: keyof typeof unaryFormulas;
  values: readonly number[];
} {
  const [below, above] = [min >= -largest, max <= largest];
  if (below && above) return { key: 'clip', values: [min, max] };
  if (below) return { key: 'clip_below', values: [min] };
  return above ? { key: 'clip_above', values: [max] } : { key: 'none', values: [] };
}

/** The nearest float32 that is finite. */
function asFloat(value: number): number {
  return Math.min(Math.max(Math.fround(value), -largest), largest);
}
