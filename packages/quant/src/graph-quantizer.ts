import { type Attrs, constantOf, Graph, type Node, type Tensor, toNumbers, type Value } from '@ghostc/ir';
import { buildNode, type Copies, copyNode } from '@ghostc/ops';
import { chooseRange } from './choose-range.ts';
import { type Form, outputAttrs, type RewriteOptions, type Rewriting } from './integer-rule.ts';
import { integerRuleOf } from './integer-rule-of.ts';
import { constantStatistics, type QuantPlan } from './quant-plan.ts';
import { activationQuant, quantizeNumber } from './quant-range.ts';

/**
 * Rewrites a float graph node by node into integers, following a plan; conversions are inserted between nodes
 * of different precision.
 */
export class GraphQuantizer implements Rewriting {
  readonly graph: Graph;
  /** Nodes that an int8 plan left in float, because no integer form of them exists. */
  readonly leftInFloat: Node[] = [];
  readonly plan: QuantPlan;
  readonly options: RewriteOptions;
  readonly #source: Graph;
  readonly #forms = new Map<Value, Partial<Record<Form, Value>>>();
  readonly #onNode: (node: Node) => void;
  #node: Node | null = null;

  /** `onNode` is called with each node of the source once it has been replaced. */
  constructor(
    source: Graph,
    plan: QuantPlan,
    options: RewriteOptions,
    onNode: (node: Node) => void = () => {},
  ) {
    this.#source = source;
    this.#onNode = onNode;
    this.plan = plan;
    this.options = options;
    this.graph = new Graph(source.name);
  }

  run(): Graph {
    for (const input of this.#source.inputs) this.#addInput(input);
    for (const node of this.#source.nodes()) {
      this.#node = node;
      this.#rewrite(node);
      this.#onNode(node);
    }
    this.#node = null;
    const form = this.options.io === 'int8' ? 'i8' : 'f32';
    for (const { name, value } of this.#source.outputs)
      this.graph.addOutput(name, this.form(value, value.type.dtype === 'f32' ? form : 'f32'));
    return this.graph;
  }

  /** The value as f32, i8 or i16; converted if it exists in another form. */
  form(value: Value, wanted: Form): Value {
    const forms = this.#formsOf(value);
    let found = forms[wanted];
    if (!found)
      forms[wanted] = found = value.constant ? this.#constant(value, wanted) : this.#convert(value, wanted);
    return found;
  }

  /** The value in a form that it already has. */
  existing(value: Value, form: Form): Value | undefined {
    return this.#formsOf(value)[form];
  }

  /** Adds a node derived from the current one, with the name of its output. */
  add(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}): Value {
    const node = this.#node;
    const place = node ? { origin: node.origin, names: [node.output.name] } : {};
    return buildNode(this.graph, { op, inputs, attrs, ...place }).output;
  }

  constant(name: string, tensor: Tensor): Value {
    return this.graph.addConstant(name, tensor);
  }

  #addInput(input: Value): void {
    const integer = this.options.io === 'int8' && input.type.dtype === 'f32';
    const type = integer
      ? { dtype: 'i8' as const, shape: input.type.shape, quant: this.plan.quantOf(input, 'i8') }
      : input.type;
    this.#formsOf(input)[integer ? 'i8' : 'f32'] = this.graph.addInput(input.name, type);
  }

  #rewrite(node: Node): void {
    const precision = this.plan.precisionOf(node);
    const rule = integerRuleOf(node.op);
    const value = precision === 'float' ? null : (rule?.(node, this, precision) ?? null);
    if (value) {
      this.#formsOf(node.output)[value.type.dtype as Form] = value;
      return;
    }
    if (precision !== 'float') this.leftInFloat.push(node);
    const inputs = node.inputs.map((input) => input && this.form(input, 'f32'));
    const copies: Copies = new Map();
    copyNode(this.graph, node, copies, { inputs });
    for (const [output, copy] of copies) this.#formsOf(output).f32 = copy;
  }

  #formsOf(value: Value): Partial<Record<Form, Value>> {
    const forms = this.#forms.get(value) ?? {};
    this.#forms.set(value, forms);
    return forms;
  }

  #convert(value: Value, wanted: Form): Value {
    const { f32, i8, i16 } = this.#formsOf(value);
    const integer = i16 ?? i8;
    const names = [value.name];
    const build = (op: string, input: Value | undefined, attrs: Attrs): Value =>
      buildNode(this.graph, {
        op,
        inputs: [input ?? null],
        attrs,
        origin: value.producer?.origin ?? [],
        names,
      }).output;
    if (wanted === 'f32') return build('dequantize_linear', integer, {});
    const { rounding } = this.options;
    const attrs = { ...outputAttrs(this.plan.quantOf(value, wanted), wanted), rounding };
    if (f32 && !integer) return build('quantize_linear', f32, attrs);
    return build('requantize', integer, attrs);
  }

  /** Constant operands have their own range. */
  #constant(value: Value, wanted: Form): Value {
    const tensor = constantOf(value);
    if (wanted === 'f32') return this.graph.addConstant(value.name, tensor);
    const known = this.plan.constantRange(value);
    const own = chooseRange(constantStatistics(value), { method: 'minmax', percentile: 100 });
    const range = known ?? this.plan.cover(own);
    const quant = activationQuant(range, wanted);
    const levels = Array.from(toNumbers(tensor), (real) => quantizeNumber(Number(real), quant, wanted));
    const data = wanted === 'i8' ? Int8Array.from(levels) : Int16Array.from(levels);
    return this.graph.addConstant(value.name, { dtype: wanted, shape: tensor.shape, data, quant });
  }
}
