import {
  type Attrs,
  attempt,
  type DType,
  fromNumbers,
  Graph,
  isFloat,
  numElements,
  type Shape,
  staticShape,
  type Tensor,
  type TensorType,
  type Value,
} from '@ghostc/ir';
import { buildNode, type OpDefinition } from '@ghostc/ops';
import { type InputValues, inputTensor } from '../input-values.ts';
import { Choices } from './choices.ts';
import { type Coverage, drawnOps } from './coverage.ts';
import { drawAttributes } from './draw-attributes.ts';
import { type FreshOperand, freshOperand } from './draw-operands.ts';

/** A random model with inputs for it. */
export interface RandomModel {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

export interface ModelDraw {
  readonly seed: number;
  /** Ops that earlier models rarely had are drawn more often. */
  readonly coverage: Coverage;
  /** Nodes at most. */
  readonly nodes: number;
  /** Default: all. */
  readonly ops?: readonly OpDefinition[] | undefined;
}

/** Maximum number of elements of a value. */
const MOST_ELEMENTS = 2048;
/** Attempts to draw an op before giving up. */
const TRIES = 60;
const MOST_INPUTS = 4;
/** Operands are drawn from the most recent values, so that models grow deep. */
const RECENT = 4;

/**
 * A model of ops, attributes, element types and shapes from the registry: operands and attributes are drawn
 * until shape inference accepts them. Values without a reader become outputs.
 */
export function randomModel(draw: ModelDraw): RandomModel {
  const builder = new Builder(draw);
  builder.grow();
  return builder.finish();
}

/** A value of the graph, or one created once the node is known to be valid. */
interface Operand {
  readonly type: TensorType;
  readonly value?: Value;
  readonly fresh?: FreshOperand;
}

const floats: readonly DType[] = ['f32', 'f32', 'f32', 'f32', 'f16'];
const others: readonly DType[] = ['i32', 'i64', 'u8', 'i8'];
const quantised: readonly DType[] = ['i8', 'i8', 'u8', 'i16'];

class Builder {
  readonly #graph = new Graph('random');
  readonly #choices: Choices;
  readonly #draw: ModelDraw;
  readonly #values: Value[] = [];
  readonly #inputs = new Map<string, Tensor>();
  readonly #kind: InputValues;

  constructor(draw: ModelDraw) {
    this.#draw = draw;
    this.#choices = new Choices(draw.seed);
    this.#kind = this.#choices.pick(['uniform', 'uniform', 'ties', 'positive'] as const);
  }

  grow(): void {
    const nodes = this.#choices.between(1, this.#draw.nodes);
    for (let i = 0; i < nodes; i++) this.#addSome(this.#rarest());
    while (this.#graph.nodeCount === 0) this.#addSome(this.#rarest());
  }

  finish(): RandomModel {
    const graph = this.#graph;
    const results = [...graph.nodes()].flatMap(({ outputs }) => outputs);
    for (const value of results)
      if (value.users.size === 0) graph.addOutput(`y${graph.outputs.length}`, value);
    return { graph, inputs: this.#inputs };
  }

  /** The least used of three ops. */
  #rarest(): OpDefinition {
    const { coverage } = this.#draw;
    const ops = this.#draw.ops ?? drawnOps;
    const some = this.#choices.list(3, () => this.#choices.pick(ops));
    return some.reduce((least, op) => (coverage.of(op.name) < coverage.of(least.name) ? op : least));
  }

  #addSome(op: OpDefinition): void {
    for (let i = 0; i < TRIES; i++) if (attempt(() => this.#add(op))) return;
  }

  /** Adds a node. Throws if inference rejects what was drawn; returns false if it would be too large. */
  #add(op: OpDefinition): boolean {
    const choices = this.#choices;
    const [first = '', ...slots] = op.inputs;
    const x = first === 'condition' ? this.#made('bool', op) : this.#first(op);
    const attrs = drawAttributes(op, x.type, choices, this.#draw.coverage);
    const rest = first.endsWith('...')
      ? choices.list(choices.between(1, 2), () => this.#like(x.type))
      : this.#rest({ op, x: first === 'condition' ? this.#first(op) : x, attrs, slots });
    const operands = [x, ...rest];
    const types = op.inferTypes(
      operands.map((one) => one?.type ?? null),
      attrs,
    );
    if (!types.every(({ shape }) => isSmall(shape))) return false;
    const inputs = operands.map((one) => one && this.#valueOf(one));
    this.#values.push(...buildNode(this.#graph, { op: op.name, inputs, attrs }).outputs);
    return true;
  }

  #rest({ op, x, attrs, slots }: Rest): (Operand | null)[] {
    const around = { op, x: x.type, attrs, choices: this.#choices };
    return slots.map((slot) => {
      const divisor = /^(div|mod|pow)$/.test(op.name);
      const wide = /^(a|b|updates|features)$/.test(slot) && !divisor && this.#choices.once(2);
      const known = wide ? this.#known(({ type }) => sameKind(type, x.type)) : undefined;
      if (known) return known;
      const fresh = freshOperand(slot, around);
      if (fresh) return { type: fresh.type, fresh };
      return slot.endsWith('?') ? null : this.#like(x.type);
    });
  }

  #first(op: OpDefinition): Operand {
    const needs = operandKind(op);
    const known = this.#known(({ type }) => isOfKind(type, needs));
    if (known && (this.#inputs.size >= MOST_INPUTS || !this.#choices.once(3))) return known;
    const dtypes = { quantised, bool: ['bool'] as const, float: floats, any: [...floats, ...others] }[needs];
    return this.#made(this.#choices.pick<DType>(dtypes), op);
  }

  /** A new input. */
  #made(dtype: DType, op: OpDefinition): Operand {
    const choices = this.#choices;
    const image = op.traits.has('window') || /resize|ghost|squeeze|dfc|batch_norm/.test(op.name);
    const rank = image ? choices.pick([4, 4, 4, 3]) : choices.between(1, 5);
    const shape = choices.list(rank, (axis) => choices.between(1, rank > 3 && axis > 1 ? 9 : 6));
    const quant =
      operandKind(op) === 'quantised'
        ? {
            scale: [choices.pick([0.047, 0.02])],
            zeroPoint: [dtype === 'i16' ? 0 : dtype === 'u8' ? 100 : -5],
          }
        : undefined;
    const type: TensorType = { dtype, shape, ...(quant && { quant }) };
    return { type, fresh: { type, constant: false } };
  }

  #known(fits: (value: Value) => boolean): Operand | undefined {
    const some = [...this.#values.slice(-RECENT), ...this.#graph.inputs].filter(fits);
    if (some.length === 0) return undefined;
    const value = this.#choices.pick(some);
    return { type: value.type, value };
  }

  #like(type: TensorType): Operand {
    const known = this.#known((value) => sameKind(value.type, type));
    return known && this.#choices.once(2)
      ? known
      : { type, fresh: { type, constant: this.#choices.once(2) } };
  }

  #valueOf({ value, fresh }: Operand): Value {
    if (value) return value;
    const { type, constant } = fresh as FreshOperand;
    const tensor = this.#tensor(fresh as FreshOperand);
    if (constant || this.#inputs.size >= 2 * MOST_INPUTS) return this.#graph.addConstant('c', tensor);
    const input = this.#graph.addInput(`x${this.#inputs.size}`, type);
    this.#inputs.set(input.name, tensor);
    return input;
  }

  #tensor({ type, below, values }: FreshOperand): Tensor {
    const choices = this.#choices;
    const shape = staticShape(type.shape);
    const count = numElements(shape);
    if (below !== undefined)
      return fromNumbers(
        type.dtype,
        shape,
        choices.list(count, () => choices.below(below)),
      );
    if (values === 'positive' && !isFloat(type.dtype))
      return fromNumbers(
        type.dtype,
        shape,
        choices.list(count, () => choices.between(1, 3)),
      );
    return inputTensor(type, { seed: choices.below(2 ** 30), values: values ?? this.#kind });
  }
}

interface Rest {
  readonly op: OpDefinition;
  readonly x: Operand;
  readonly attrs: Attrs;
  readonly slots: readonly string[];
}

const isSmall = (shape: Shape): boolean => numElements(shape) > 0 && numElements(shape) <= MOST_ELEMENTS;

const sameKind = (one: TensorType, other: TensorType): boolean =>
  one.dtype === other.dtype && !one.quant === !other.quant;

type Kind = 'quantised' | 'bool' | 'float' | 'any';

/** What an op's first operand has to be. */
function operandKind({ name, traits }: OpDefinition): Kind {
  if (/^(qlinear|dequantize|requantize)/.test(name)) return 'quantised';
  if (name.startsWith('logical')) return 'bool';
  if (traits.has('window') || /^(neg|pow|prelu)$/.test(name)) return 'float';
  const any = traits.has('movement') || traits.has('selection') || traits.has('comparison');
  return any || traits.has('binary') || /^(abs|sign|cast|where|scatter)/.test(name) ? 'any' : 'float';
}

function isOfKind({ dtype, quant }: TensorType, kind: Kind): boolean {
  if (quant || kind === 'quantised') return Boolean(quant) && kind === 'quantised';
  if (kind === 'bool' || dtype === 'bool') return kind === 'bool' && dtype === 'bool';
  return kind === 'any' || isFloat(dtype);
}
