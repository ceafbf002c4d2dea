import { CompileError, type Dim } from '@ghostc/ir';
import { checkDimensionSizes } from '@ghostc/ops';
import type { DimensionProto, ValueInfoProto } from './onnx-types.ts';

/** Name for a dimension without one: all of these are different. */
const noNames: ReadonlySet<string> = new Set(['', '?', '*', '-1', 'None']);

/**
 * The dimensions of the inputs: numbers, sizes that were given, or symbols. A symbol is the name in the file as far as
 * arithmetic on text allows it, `input_axis` for a dimension without a name; different dimensions never share one.
 */
export class InputDims {
  readonly #symbols = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #bind: ReadonlyMap<string, number>;

  constructor(inputs: readonly ValueInfoProto[], bind: ReadonlyMap<string, number> = new Map()) {
    this.#bind = bind;
    const keys = inputs
      .filter(hasDims)
      .flatMap((input) => dimsOf(input).map((dim, axis) => keyOf(dim, input, axis)));
    const open = [...new Set(keys)].filter((key) => key !== undefined);
    // names that can stay go first, so that no made one takes their place
    for (const key of [...open.filter(isPlain), ...open.filter((one) => !isPlain(one))])
      this.#symbols.set(key, this.fresh(key));
    const names = open.map((key) => this.#nameOf(key));
    checkDimensionSizes(bind, { names, others: open.map((key) => this.#symbolOf(key)) });
  }

  /** The size of a dimension, or its symbol. */
  dim(dim: DimensionProto, { input, axis }: { input: ValueInfoProto; axis: number }): Dim {
    const key = keyOf(dim, input, axis);
    if (key === undefined) return sizeOf(dim) ?? 0;
    const symbol = this.#symbolOf(key);
    return this.#bind.get(this.#nameOf(key)) ?? this.#bind.get(symbol) ?? symbol;
  }

  #symbolOf(key: string): string {
    return this.#symbols.get(key) ?? key;
  }

  /** What the user calls it. */
  #nameOf(key: string): string {
    return key.startsWith(UNNAMED) ? this.#symbolOf(key) : key;
  }

  /** A symbol that no other dimension has. */
  fresh(preferred: string): string {
    const base = plain(preferred);
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

/** Whether an input is a tensor whose axes are stated. */
export function hasDims({ type }: ValueInfoProto): boolean {
  return Boolean(type?.tensor_type?.shape);
}

export function dimsOf({ name = '', type }: ValueInfoProto): readonly DimensionProto[] {
  const shape = type?.tensor_type?.shape;
  if (!shape) throw new CompileError('onnx/input', `input ${name} has no tensor type with a shape`);
  return shape.dim ?? [];
}

/** A declared size; undefined if there is none, as for -1. */
export function sizeOf(dim: DimensionProto): number | undefined {
  // the decoder returns 0 for an absent field
  if (dim.dim_param || !Object.hasOwn(dim, 'dim_value')) return undefined;
  const size = Number(dim.dim_value?.toString());
  return size >= 0 ? size : undefined;
}

/** Names of the file, and names given to dimensions without one: the latter start with what no name can start with. */
const UNNAMED = '\0';

/** The same for dimensions that are the same; undefined for a fixed one. */
function keyOf(dim: DimensionProto, { name = '' }: ValueInfoProto, axis: number): string | undefined {
  if (sizeOf(dim) !== undefined) return undefined;
  const given = dim.dim_param ?? '';
  return noNames.has(given) ? `${UNNAMED}${name}_${axis}` : given;
}

/** No operator of symbolic arithmetic, no separator of the text form. */
function isPlain(name: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_.:#=@ ]*$/u.test(name) && !name.endsWith(' ');
}

function plain(name: string): string {
  if (isPlain(name)) return name;
  const word = name.replace(UNNAMED, '').replace(/[^A-Za-z0-9_]+/g, '_');
  return /^[A-Za-z_]/.test(word) ? word : `d_${word}`;
}
