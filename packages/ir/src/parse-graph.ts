import { CompileError } from './compile-error.ts';
import type { Dim } from './dim.ts';
import { allocate, isDType } from './dtype.ts';
import { type Attr, Graph, type Value } from './graph.ts';
import { Lexer, type Token } from './lex-graph.ts';
import type { OpRegistry } from './op-schema.ts';
import { randomTensor } from './random-tensor.ts';
import { numElements, staticShape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { formatType, type QuantParams, sameType, type TensorType } from './tensor-type.ts';

/** Constants that the text makes itself (`random(7)`) may have this many elements. */
const MAX_TEXT_ELEMENTS = 2 ** 26;

export interface ParseOptions {
  /** Needed where the text leaves out result types. */
  readonly registry?: OpRegistry;
  /** Data of `resource "key"` constants. */
  readonly resources?: ReadonlyMap<string, Tensor>;
  /** For error messages. */
  readonly file?: string;
}

/** Reads the text form. Throws CompileError `parse/...` with line and column. Stated types are trusted: verify afterwards. */
export function parseGraph(text: string, options: ParseOptions = {}): Graph {
  return new GraphParser(text, options).parse();
}

class GraphParser {
  readonly #lexer: Lexer;
  readonly #options: ParseOptions;
  readonly #values = new Map<string, Value>();
  #token: Token;

  constructor(text: string, options: ParseOptions) {
    this.#lexer = new Lexer(text, options.file);
    this.#options = options;
    this.#token = this.#lexer.next();
  }

  parse(): Graph {
    this.#word('graph');
    const graph = new Graph(this.#token.kind === 'symbol' ? this.#advance().text : 'main');
    this.#punctuation('(');
    this.#list(')', () => this.#input(graph));
    while (!this.#is('word', 'return')) this.#statement(graph);
    this.#advance();
    if (this.#is('name')) this.#outputs(graph);
    if (!this.#is('end')) this.#fail(`expected the end of the graph, found ${this.#token.text}`);
    return graph;
  }

  #input(graph: Graph): void {
    const name = this.#expect('name');
    this.#punctuation(':');
    this.#define(name, graph.addInput(name.text, this.#type()));
  }

  #statement(graph: Graph): void {
    if (this.#is('word', 'const')) this.#constant(graph);
    else if (this.#is('name')) this.#node(graph);
    else this.#fail(`expected const, a node or return, found ${this.#token.text}`);
  }

  #constant(graph: Graph): void {
    this.#advance();
    const name = this.#expect('name');
    this.#punctuation(':');
    const type = this.#type();
    this.#punctuation('=');
    const tensor = this.#constantData(type);
    this.#define(name, graph.addConstant(name.text, type.quant ? { ...tensor, quant: type.quant } : tensor));
  }

  #constantData(type: TensorType): Tensor {
    const start = this.#token;
    if (start.text === '[') return this.#literal(type);
    const source = this.#expect('word').text;
    if (source === 'resource') return this.#resource(type);
    if (source !== 'random') this.#fail(`expected [, resource or random, found ${source}`, start);
    this.#punctuation('(');
    const seed = Number(this.#expect('number').text);
    this.#punctuation(')');
    this.#bounded(type, start);
    return randomTensor(type, seed);
  }

  #literal(type: TensorType): Tensor {
    const start = this.#advance();
    const texts: string[] = [];
    this.#list(']', () => texts.push(this.#expect('number').text));
    const data = allocate(type.dtype, texts.length);
    const expected = this.#bounded(type, start);
    if (texts.length !== expected) this.#fail(`expected ${expected} elements, found ${texts.length}`, start);
    texts.forEach((text, i) => this.#store(data, i, text));
    return { dtype: type.dtype, shape: staticShape(type.shape), data };
  }

  #store(data: Tensor['data'], i: number, text: string): void {
    if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) data[i] = toNumber(text);
    else if (/^-?\d+$/.test(text)) data[i] = BigInt(text);
    else this.#fail(`expected an integer, found ${text}`);
  }

  #resource(type: TensorType): Tensor {
    const key = this.#expect('string');
    const tensor = this.#options.resources?.get(key.text);
    if (!tensor) this.#fail(`there is no resource ${JSON.stringify(key.text)}`, key);
    if (sameType(type, { ...type, dtype: tensor.dtype, shape: tensor.shape })) return tensor;
    return this.#fail(
      `resource ${JSON.stringify(key.text)} expects ${formatType(type)}, found ${tensor.dtype}[${tensor.shape.join(',')}]`,
      key,
    );
  }

  #bounded(type: TensorType, at: Token): number {
    try {
      const count = numElements(type.shape);
      if (count <= MAX_TEXT_ELEMENTS) return count;
    } catch (error) {
      if (error instanceof CompileError) this.#fail(error.detail, at);
      throw error;
    }
    return this.#fail(
      `expected at most ${MAX_TEXT_ELEMENTS} elements in text, found [${type.shape.join(',')}]`,
      at,
    );
  }

  #node(graph: Graph): void {
    const names = [this.#expect('name')];
    while (this.#accept(',')) names.push(this.#expect('name'));
    this.#punctuation('=');
    const op = this.#expect('word');
    const inputs = this.#operands();
    const attrs = this.#accept('{') ? this.#attrs() : {};
    const types = this.#accept(':') ? this.#types() : this.#infer(op, inputs, attrs);
    if (types.length !== names.length)
      this.#fail(`expected ${names.length} types, found ${types.length}`, op);
    const origin = this.#origin();
    const node = graph.add({
      op: op.text,
      inputs,
      attrs,
      types,
      origin,
      names: names.map((name) => name.text),
    });
    names.forEach((name, i) => this.#define(name, node.outputs[i] ?? node.output));
  }

  #operands(): (Value | null)[] {
    const inputs: (Value | null)[] = [];
    if (!this.#startsOperand()) return inputs;
    do inputs.push(this.#operand());
    while (this.#accept(','));
    return inputs;
  }

  #startsOperand(): boolean {
    return this.#is('name') || this.#is('word', '_');
  }

  #operand(): Value | null {
    const token = this.#advance();
    if (token.kind === 'word' && token.text === '_') return null;
    if (token.kind !== 'name') this.#fail(`expected a value, found ${token.text}`, token);
    return this.#values.get(token.text) ?? this.#fail(`%${token.text} is not defined`, token);
  }

  #attrs(): Record<string, Attr> {
    const attrs: Record<string, Attr> = {};
    this.#list('}', () => {
      const name = this.#expect('word');
      this.#punctuation('=');
      if (Object.hasOwn(attrs, name.text)) this.#fail(`attribute ${name.text} stands twice`, name);
      Object.defineProperty(attrs, name.text, {
        value: this.#attr(),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    });
    return attrs;
  }

  #attr(): Attr {
    if (!this.#accept('[')) return this.#scalar();
    const items: (number | string | boolean)[] = [];
    this.#list(']', () => items.push(this.#scalar()));
    return items as number[] | string[];
  }

  #scalar(): number | string | boolean {
    const token = this.#advance();
    if (token.kind === 'number') return toNumber(token.text);
    if (token.kind === 'string') return token.text;
    if (token.text === 'true' || token.text === 'false') return token.text === 'true';
    return this.#fail(`expected a number, a string, true or false, found ${token.text}`, token);
  }

  #infer(op: Token, inputs: readonly (Value | null)[], attrs: Record<string, Attr>): readonly TensorType[] {
    const schema = this.#options.registry?.get(op.text);
    if (!schema) this.#fail(`unknown op ${op.text}; its result needs a type`, op);
    try {
      return schema.inferTypes(
        inputs.map((value) => value?.type ?? null),
        attrs,
      );
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      const { line, column } = op;
      throw error.at({ ...(this.#options.file && { file: this.#options.file }), line, column, op: op.text });
    }
  }

  #origin(): string[] {
    if (!this.#is('word', 'from')) return [];
    this.#advance();
    const names = [this.#expect('string').text];
    while (this.#accept(',')) names.push(this.#expect('string').text);
    return names;
  }

  #outputs(graph: Graph): void {
    do {
      const value = this.#operand();
      if (!value) this.#fail('an output cannot be absent');
      const renamed = this.#is('word', 'as') && this.#advance();
      graph.addOutput(renamed ? this.#expect('string').text : value.name, value);
    } while (this.#accept(','));
  }

  #types(): TensorType[] {
    const types = [this.#type()];
    while (this.#accept(',')) types.push(this.#type());
    return types;
  }

  #type(): TensorType {
    const dtype = this.#expect('word');
    if (!isDType(dtype.text)) this.#fail(`there is no element type ${dtype.text}`, dtype);
    if (this.#token.text !== '[') this.#fail(`expected [ after ${dtype.text}, found ${this.#token.text}`);
    const shape = this.#lexer.dims().map((dim) => this.#dim(dim));
    this.#advance();
    const quant = this.#is('word', 'quant') ? this.#quant() : undefined;
    return quant ? { dtype: dtype.text, shape, quant } : { dtype: dtype.text, shape };
  }

  #dim(text: string): Dim {
    if (/^\d+$/.test(text))
      return Number.isSafeInteger(Number(text)) ? Number(text) : this.#fail(`dimension ${text} is too large`);
    return /^[^\s\d-]\S*$/.test(text) ? text : this.#fail(`${JSON.stringify(text)} is no dimension`);
  }

  #quant(): QuantParams {
    this.#advance();
    this.#punctuation('(');
    const [scale, zeroPoint]: [number[], number[]] = [[], []];
    let axis: number | undefined;
    this.#list(')', () => {
      if (this.#is('word', 'axis')) {
        this.#advance();
        this.#punctuation('=');
        axis = Number(this.#expect('number').text);
        return;
      }
      scale.push(toNumber(this.#expect('number').text));
      this.#punctuation(':');
      zeroPoint.push(toNumber(this.#expect('number').text));
    });
    return axis === undefined ? { scale, zeroPoint } : { scale, zeroPoint, axis };
  }

  /** Items parted by commas up to `close`. */
  #list(close: string, item: () => void): void {
    if (this.#accept(close)) return;
    do item();
    while (this.#accept(','));
    this.#punctuation(close);
  }

  #define(name: Token, value: Value): void {
    if (this.#values.has(name.text)) this.#fail(`%${name.text} is defined twice`, name);
    this.#values.set(name.text, value);
  }

  #is(kind: Token['kind'], text?: string): boolean {
    return this.#token.kind === kind && (text === undefined || this.#token.text === text);
  }

  #advance(): Token {
    const token = this.#token;
    this.#token = this.#lexer.next();
    return token;
  }

  #accept(text: string): boolean {
    if (this.#token.kind !== 'punctuation' || this.#token.text !== text) return false;
    this.#advance();
    return true;
  }

  #punctuation(text: string): void {
    if (!this.#accept(text)) this.#fail(`expected ${text}, found ${this.#token.text}`);
  }

  #word(text: string): void {
    const token = this.#expect('word');
    if (token.text !== text) this.#fail(`expected ${text}, found ${token.text}`, token);
  }

  #expect(kind: Token['kind']): Token {
    if (this.#token.kind !== kind) this.#fail(`expected a ${kind}, found ${this.#token.text}`);
    return this.#advance();
  }

  #fail(message: string, token: Token = this.#token): never {
    return this.#lexer.fail(message, token);
  }
}

function toNumber(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : text === 'nan' ? Number.NaN : Number(text);
}
