import { type DType, fromNumbers, isFloat, type Tensor, toNumbers } from '@ghostc/ir';
import { dataTypeOf, encodeModel, fromTensor } from '@ghostc/onnx';
import type { Random } from '../random.ts';
import { type Attr, type Attrs, attributeProtos } from './attributes.ts';
import { drawTensor, type Style } from './draw-values.ts';
import type { OwnAnswer } from './own-answers.ts';

/** A tensor of the draft by name. */
export interface Ref {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface DraftNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Attrs;
}

export interface ValueRequest {
  readonly dtypes?: readonly DType[];
  readonly minRank?: number;
  readonly maxRank?: number;
  readonly shape?: readonly number[];
  /** Every element has to pass; a value that is made new has plain elements, and 1 for those that do not. */
  readonly elements?: ((value: number) => boolean) | undefined;
  /** Nothing that ties, or nearly, after a rounding: values of the model, integers, and floats that lie apart. */
  readonly apart?: boolean;
  /** No axis of size 0. */
  readonly solid?: boolean;
}

export const floatTypes: readonly DType[] = ['f32', 'f32', 'f32', 'f32', 'f16', 'f64'];
export const numericTypes: readonly DType[] = [
  ...floatTypes,
  ...(['f32', 'i32', 'i32', 'i64', 'i64', 'i8', 'u8', 'i16', 'u16', 'u32', 'u64'] as const),
];
export const allTypes: readonly DType[] = [...numericTypes, 'bool'];

/** Most elements of a tensor that is drawn. */
const MAX_ELEMENTS = 600;

/** A model while it is drawn: nodes, graph inputs, initializers, and the values that ONNX Runtime computed so far. */
export class ModelDraft {
  readonly random: Random;
  readonly opset: number;
  readonly style: Style;
  nodes: readonly DraftNode[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly initializers = new Map<string, Tensor>();
  readonly computed = new Map<string, Tensor>();
  /** Where ONNX Runtime's answer is its own. */
  readonly own = new Map<string, OwnAnswer>();
  /** Values that no other node reads. */
  readonly closed = new Set<string>();
  #names = 0;

  constructor(random: Random, opset: number, style: Style) {
    this.random = random;
    this.opset = opset;
    this.style = style;
  }

  tensor(name: string): Tensor | undefined {
    return this.inputs.get(name) ?? this.initializers.get(name) ?? this.computed.get(name);
  }

  below(limit: number): number {
    return this.random.below(limit);
  }

  pick<T>(items: readonly T[]): T {
    return this.random.pick(items);
  }

  chance(percent: number): boolean {
    return this.random.below(100) < percent;
  }

  /** `value` in the given percentage of cases, otherwise undefined: an absent attribute. */
  maybe<T>(percent: number, value: T): T | undefined {
    return this.chance(percent) ? value : undefined;
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  axis(rank: number): number {
    return rank === 0 ? this.pick([0, -1]) : this.between(-rank, rank - 1);
  }

  /** Distinct axes, in any order and of any sign. */
  axes(rank: number, count = this.between(0, rank)): number[] {
    return this.shuffled(rank)
      .slice(0, count)
      .map((axis) => (this.chance(40) ? axis - rank : axis));
  }

  shuffled(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
    return order;
  }

  dim(): number {
    return this.pick(this.chance(3) ? [0] : [1, 1, 2, 3, 4, 5]);
  }

  shape(minRank = 1, maxRank = 5): number[] {
    const shape = Array.from({ length: this.between(minRank, maxRank) }, () => this.dim());
    return shape.reduce((a, b) => a * b, 1) <= MAX_ELEMENTS ? shape : this.shape(minRank, maxRank);
  }

  /** A value that exists and fits, in most cases; else a new one. */
  value({
    dtypes = floatTypes,
    minRank = 0,
    maxRank = 5,
    shape,
    elements,
    solid = false,
    apart = false,
  }: ValueRequest = {}): Ref {
    const fits = [...this.computed].filter(
      ([name, one]) =>
        !this.closed.has(name) &&
        dtypes.includes(one.dtype) &&
        (shape
          ? one.shape.join() === shape.join()
          : one.shape.length >= minRank && one.shape.length <= maxRank) &&
        !(solid && one.shape.includes(0)) &&
        !(apart && !liesApart(one)) &&
        (!elements || toNumbers(one).every((v) => elements(Number(v)))),
    );
    if (fits.length && this.chance(85)) {
      const [name, one] = this.pick(fits);
      return { name, dtype: one.dtype, shape: one.shape };
    }
    const drawn = shape ?? this.shape(Math.max(minRank, this.chance(6) ? 0 : Math.min(1, maxRank)), maxRank);
    const type = { dtype: this.pick(dtypes), shape: solid ? drawn.map((dim) => dim || 2) : drawn };
    const made = drawTensor(this.random, type, elements ? 'plain' : this.style);
    if (!elements) return this.given(made);
    const fitting = Array.from(toNumbers(made), (v) => (elements(v) ? v : 1));
    return this.given(fromNumbers(made.dtype, made.shape, fitting));
  }

  /** A new tensor of the type: a graph input or an initializer. */
  fresh(dtype: DType, shape: readonly number[], style: Style = this.style): Ref {
    return this.given(drawTensor(this.random, { dtype, shape }, style));
  }

  /** The tensor as a graph input in the given percentage of cases, otherwise as an initializer. */
  given(value: Tensor, inputPercent = 60): Ref {
    const kind = this.chance(inputPercent) ? this.inputs : this.initializers;
    const name = `${kind === this.inputs ? 'x' : 'c'}${this.#names++}`;
    kind.set(name, value);
    return { name, dtype: value.dtype, shape: value.shape };
  }

  numbers(dtype: DType, shape: readonly number[], values: readonly number[], inputPercent = 60): Ref {
    return this.given(fromNumbers(dtype, shape, values), inputPercent);
  }

  /** A vector of int64 that the op needs at compile time: nearly always an initializer. */
  vector(values: readonly number[], dtype: DType = 'i64'): Ref {
    return this.numbers(dtype, [values.length], values, 3);
  }

  add(
    op: string,
    inputs: readonly (Ref | null | undefined)[],
    attrs: Attrs = {},
    { outputs = 1, domain = '' }: { outputs?: number; domain?: string } = {},
  ): void {
    const names = inputs.map((ref) => ref?.name ?? '');
    while (names.at(-1) === '') names.pop();
    const made = Array.from({ length: outputs }, () => `v${this.#names++}`);
    this.nodes = [...this.nodes, { op, domain, inputs: names, outputs: made, attrs }];
  }

  /** An input from `since` on, before that an attribute. */
  axesOf(name: string, values: readonly number[] | undefined, since: number): { input?: Ref; attrs: Attrs } {
    if (!values) return { attrs: {} };
    if (this.opset >= since) return { input: this.vector(values), attrs: {} };
    return { attrs: { [name]: { type: 7, ints: [...values] } satisfies Attr } };
  }

  /** Forgets nodes and tensors that came after `mark`. */
  mark(): () => void {
    const [nodes, inputs, initializers] = [this.nodes, [...this.inputs], [...this.initializers]];
    return () => {
      this.nodes = nodes;
      for (const [map, kept] of [
        [this.inputs, inputs],
        [this.initializers, initializers],
      ] as const) {
        map.clear();
        for (const [name, value] of kept) map.set(name, value);
      }
    };
  }

  /** Outputs that no node reads. */
  sinks(): string[] {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    return this.nodes.flatMap(({ outputs }) => outputs).filter((name) => !read.has(name));
  }
}

/** Whether no two elements are near enough for a rounding to change their order. */
function liesApart(tensor: Tensor): boolean {
  if (!isFloat(tensor.dtype)) return true;
  const sorted = Float64Array.from(toNumbers(tensor)).sort();
  const step = tensor.dtype === 'f16' ? 1e-2 : 1e-4;
  return sorted.every((v, i) => i === 0 || v - (sorted[i - 1] ?? 0) > step * (1 + Math.abs(v)));
}

/** What a model is made of. */
export interface ModelParts {
  readonly opset: number;
  readonly nodes: readonly DraftNode[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly string[];
}

export function modelBytes({ opset, nodes, inputs, initializers, outputs }: ModelParts): Uint8Array {
  return encodeModel({
    ir_version: 8,
    opset_import: [
      { domain: '', version: opset },
      ...(nodes.some(({ domain }) => domain) ? [{ domain: 'com.microsoft', version: 1 }] : []),
    ],
    graph: {
      name: 'fuzz',
      node: nodes.map(({ op, domain, inputs: read, outputs: made, attrs }, i) => ({
        name: `n${i}`,
        op_type: op,
        domain,
        input: [...read],
        output: [...made],
        attribute: attributeProtos(attrs),
      })),
      input: [...inputs].map(([name, { dtype, shape }]) => ({
        name,
        type: {
          tensor_type: {
            elem_type: dataTypeOf(dtype),
            shape: { dim: shape.map((dim_value) => ({ dim_value })) },
          },
        },
      })),
      initializer: [...initializers].map(([name, value]) => fromTensor(value, name)),
      output: outputs.map((name) => ({ name })),
    },
  });
}
