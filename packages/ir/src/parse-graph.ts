import { withLocation } from './compile-error.ts';
import { isDType } from './dtype.ts';
import { parseNumber } from './format-number.ts';
import { Graph } from './graph.ts';
import { Lexer, type ParseProblem, showToken, type Token } from './lex-graph.ts';
import type { Attr, Attrs, Value } from './node.ts';
import type { OpRegistry, OpSchema } from './op-schema.ts';
import { parseElements } from './parse-elements.ts';
import { randomTensor } from './random-tensor.ts';
import { isStaticShape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { formatType, opaqueType, type QuantParams, sameType, type TensorType } from './tensor-type.ts';
import { checkAttrs, checkInputs } from './verify.ts';

/** Maximum number of elements, in total, of constants that the text generates (`random(7)`). */
const MAX_TEXT_ELEMENTS = 2 ** 26;

/** Maximum length of an inferred symbolic dimension: `n+n` of a concat doubles at every step. */
const MAX_DIM_LENGTH = 1000;

/** What `parseGraph` needs besides the text. */
export interface ParseOptions {
  /** Required if the text omits result types. */
  readonly registry?: OpRegistry;
  /** Data of `resource "key"` constants. */
  readonly resources?: ReadonlyMap<string, Tensor>;
  /** For error messages. */
  readonly file?: string;
}

/**
 * Reads the text form. Throws CompileError `parse/...` with line and column. Declared types are trusted:
 * verify afterwards.
 */
export function parseGraph(text: string, options: ParseOptions = {}): Graph {
  return new GraphParser(text, options).parse();
}

class GraphParser {
  readonly #lexer: Lexer;
  readonly #options: ParseOptions;
  readonly #values = new Map<string, Value>();
  #token: Token;
  /** Elements of constants so far. */
  #elements = 0;

  constructor(text: string, options: ParseOptions) {
    this.#lexer = new Lexer(text, options.file);
    this.#options = options;
    this.#token = this.#lexer.next();
  }

  parse(): Graph {
    if (!this.#word('graph')) this.#unexpected('graph');
    const graph = new Graph(this.#token.kind === 'symbol' ? this.#advance().text : 'main');
    this.#punctuation('(');
    this.#list(')', () => this.#input(graph));
    while (!this.#word('return')) this.#statement(graph);
    if (this.#is('name')) this.#outputs(graph);
    if (!this.#is('end')) this.#unexpected('the end of the graph');
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
    else this.#unexpected('const, a node or return');
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
    if (this.#accept('[')) return this.#literal(type, start);
    const source = this.#is('word') ? this.#advance().text : '';
    if (source === 'resource') return this.#resource(type);
    if (source !== 'random') this.#unexpected('[, resource or random', start);
    this.#punctuation('(');
    const seed = this.#integer();
    this.#punctuation(')');
    this.#claimElements(type, start);
    return randomTensor(type, seed);
  }

  #literal(type: TensorType, start: Token): Tensor {
    const expected = this.#claimElements(type, start);
    const texts: string[] = [];
    this.#list(']', () => {
      const element = this.#expect('number');
      if (texts.push(element.text) > expected)
        this.#fail('element', `expected ${expected} elements, found more`, element);
    });
    if (texts.length !== expected)
      this.#fail('element', `expected ${expected} elements, found ${texts.length}`, start);
    return this.#located(start, () => parseElements(type, texts));
  }

  #resource(type: TensorType): Tensor {
    const key = this.#expect('string');
    const found = this.#options.resources?.get(key.text);
    if (!found) this.#fail('resource', `there is no resource ${showToken(key)}`, key);
    const { dtype, shape, data } = found;
    if (sameType(type, { ...type, dtype, shape })) return { dtype, shape, data };
    const stated = formatType({ dtype: type.dtype, shape: type.shape });
    const message = `resource ${showToken(key)} expects ${stated}, found ${formatType({ dtype, shape })}`;
    return this.#fail('resource', message, key);
  }

  /** The number of elements of a constant, within the limit for the whole text. */
  #claimElements(type: TensorType, at: Token): number {
    if (!isStaticShape(type.shape))
      this.#fail('type', `a constant expects a fixed shape, found ${formatType(type)}`, at);
    const count = type.shape.reduce((product, dim) => product * dim, 1);
    this.#elements += count;
    if (this.#elements <= MAX_TEXT_ELEMENTS) return count;
    const message = `expected at most ${MAX_TEXT_ELEMENTS} elements in all constants of a text, found ${formatType(type)}`;
    return this.#fail('too-large', message, at);
  }

  #node(graph: Graph): void {
    const names = this.#items(() => this.#expect('name'));
    this.#punctuation('=');
    const op = this.#expect('word');
    const inputs = this.#operands();
    const attrs = this.#accept('{') ? this.#attrs() : {};
    const types = this.#accept(':') ? this.#types() : this.#infer(op, inputs, attrs);
    if (types.length !== names.length)
      this.#fail('type', `expected ${names.length} types, found ${types.length}`, op);
    const partOrigins = this.#partOrigins();
    const node = graph.add({
      op: op.text,
      inputs,
      attrs,
      types,
      origin: partOrigins.flat(),
      partOrigins: partOrigins.length > 1 ? partOrigins : [],
      names: names.map((name) => name.text),
    });
    names.forEach((name, i) => this.#define(name, node.outputs[i] ?? node.output));
  }

  #operands(): (Value | null)[] {
    return this.#is('name') || this.#is('word', '_') ? this.#items(() => this.#operand()) : [];
  }

  #operand(): Value | null {
    if (this.#is('word', '_')) {
      this.#advance();
      return null;
    }
    return this.#value();
  }

  #value(): Value {
    const name = this.#expect('name');
    return (
      this.#values.get(name.text) ?? this.#fail('unknown-value', `${showToken(name)} is not defined`, name)
    );
  }

  #attrs(): Record<string, Attr> {
    const attrs: Record<string, Attr> = {};
    this.#list('}', () => {
      const name = this.#expect('word');
      this.#punctuation('=');
      if (Object.hasOwn(attrs, name.text))
        this.#fail('duplicate', `attribute ${showToken(name)} stands twice`, name);
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
    const start = this.#token;
    if (!this.#accept('[')) return this.#scalar();
    const items: (number | string | boolean)[] = [];
    this.#list(']', () => items.push(this.#scalar()));
    if (items.every((item) => typeof item === 'number')) return items;
    if (items.every((item) => typeof item === 'string')) return items;
    return this.#fail('attribute', 'expected a list of numbers or a list of strings', start);
  }

  #scalar(): number | string | boolean {
    if (this.#is('number')) return parseNumber(this.#advance().text);
    if (this.#is('string')) return this.#advance().text;
    if (this.#is('word', 'true') || this.#is('word', 'false')) return this.#advance().text === 'true';
    return this.#unexpected('a number, a string, true or false');
  }

  /** The result types that the text omits. */
  #infer(op: Token, inputs: readonly (Value | null)[], attrs: Attrs): readonly TensorType[] {
    const schema = this.#options.registry?.get(op.text);
    if (!schema) this.#fail('unknown-op', `unknown op ${showToken(op)}; its result needs a type`, op);
    const types = this.#located(op, () => inferChecked(schema, inputs, attrs));
    if (types.some(({ shape }) => shape.some((dim) => String(dim).length > MAX_DIM_LENGTH)))
      this.#fail('too-large', `a dimension of ${op.text} has more than ${MAX_DIM_LENGTH} characters`, op);
    return types;
  }

  #partOrigins(): string[][] {
    if (!this.#is('word', 'from')) return [];
    this.#advance();
    const parts: string[][] = [];
    do parts.push(this.#items(() => this.#expect('string').text));
    while (this.#accept('|'));
    return parts;
  }

  #outputs(graph: Graph): void {
    const names = new Set<string>();
    this.#items(() => {
      const start = this.#token;
      const value = this.#value();
      const name = this.#word('as') ? this.#expect('string').text : value.name;
      if (names.has(name)) this.#fail('duplicate', `two outputs are called ${JSON.stringify(name)}`, start);
      names.add(name);
      graph.addOutput(name, value);
    });
  }

  #types(): TensorType[] {
    return this.#items(() => this.#type());
  }

  #type(): TensorType {
    if (this.#word('opaque')) return opaqueType(this.#expect('string').text);
    const dtype = this.#expect('word');
    if (!isDType(dtype.text)) this.#fail('type', `there is no element type ${showToken(dtype)}`, dtype);
    if (!this.#is('punctuation', '[')) this.#unexpected(`[ after ${dtype.text}`);
    const shape = this.#lexer.dims();
    this.#advance();
    const quant = this.#word('quant') ? this.#quant() : undefined;
    return quant ? { dtype: dtype.text, shape, quant } : { dtype: dtype.text, shape };
  }

  #quant(): QuantParams {
    this.#punctuation('(');
    const axis = this.#axis();
    const pairs = this.#items(() => this.#quantPair());
    this.#punctuation(')');
    const scale = pairs.map((pair) => pair.scale);
    const zeroPoint = pairs.map((pair) => pair.zeroPoint);
    return axis === undefined ? { scale, zeroPoint } : { scale, zeroPoint, axis };
  }

  #axis(): number | undefined {
    if (!this.#word('axis')) return undefined;
    this.#punctuation('=');
    const axis = this.#integer();
    this.#punctuation(',');
    return axis;
  }

  #quantPair(): { scale: number; zeroPoint: number } {
    const scale = parseNumber(this.#expect('number').text);
    this.#punctuation(':');
    return { scale, zeroPoint: this.#integer() };
  }

  #integer(): number {
    const token = this.#expect('number');
    const value = parseNumber(token.text);
    return Number.isSafeInteger(value) ? value : this.#unexpected('an integer', token);
  }

  /** Items separated by commas up to `close`. */
  #list(close: string, item: () => void): void {
    if (this.#accept(close)) return;
    this.#items(item);
    this.#punctuation(close);
  }

  /** One or more items, separated by commas. */
  #items<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#accept(',')) items.push(item());
    return items;
  }

  #define(name: Token, value: Value): void {
    if (this.#values.has(name.text)) this.#fail('duplicate', `${showToken(name)} is defined twice`, name);
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

  /** Consumes the word, if it is next. */
  #word(text: string): boolean {
    if (!this.#is('word', text)) return false;
    this.#advance();
    return true;
  }

  #punctuation(text: string): void {
    if (!this.#accept(text)) this.#unexpected(text);
  }

  #expect(kind: Token['kind']): Token {
    return this.#is(kind) ? this.#advance() : this.#unexpected(`a ${kind}`);
  }

  /** Runs `body`; adds the position in the text to a CompileError. */
  #located<T>(token: Token, body: () => T): T {
    return withLocation(this.#lexer.location(token), body);
  }

  #unexpected(expected: string, token: Token = this.#token): never {
    return this.#fail('syntax', `expected ${expected}, found ${showToken(token)}`, token);
  }

  #fail(problem: ParseProblem, message: string, token: Token): never {
    return this.#lexer.fail(problem, message, token);
  }
}

/** Arity and attributes are checked first: `inferTypes` trusts them. */
function inferChecked(
  schema: OpSchema,
  inputs: readonly (Value | null)[],
  attrs: Attrs,
): readonly TensorType[] {
  return withLocation({ op: schema.name }, () => {
    checkInputs(inputs, schema);
    checkAttrs(attrs, schema);
    return schema.inferTypes(
      inputs.map((value) => value?.type ?? null),
      attrs,
    );
  });
}
