import { CompileError } from './compile-error.ts';

export interface Token {
  /** `name` %x, `symbol` @x, `word`, `number`, `string`, `punctuation`, `end`. */
  readonly kind: 'name' | 'symbol' | 'word' | 'number' | 'string' | 'punctuation' | 'end';
  /** Without sigil and quotes. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const number = /-?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf\b)/y;
const space = /(?:[ \t\r]|#[^\n]*)+/y;
const name = /[A-Za-z0-9_./:-]*[A-Za-z0-9_./-]/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const string = /"(?:[^"\\\n]|\\.)*"/y;

/** Reads the text form token by token; every token knows where it stands. */
export class Lexer {
  readonly #text: string;
  readonly #file: string | undefined;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, file?: string) {
    this.#text = text;
    this.#file = file;
  }

  next(): Token {
    this.#skip();
    const [line, column] = [this.#line, this.#at - this.#lineStart + 1];
    const { kind, text } = this.#scan();
    return { kind, text, line, column };
  }

  /** A shape's dimensions, up to the closing bracket: any text without comma, bracket or space. */
  dims(): string[] {
    const close = this.#text.indexOf(']', this.#at);
    const inside = close < 0 ? '' : this.#text.slice(this.#at, close);
    if (close < 0 || /[\n[]/.test(inside)) this.fail('expected ] after the dimensions');
    this.#at = close + 1;
    return inside.trim() === '' ? [] : inside.split(',').map((dim) => dim.trim());
  }

  fail(message: string, token?: Token): never {
    const at = token ?? { line: this.#line, column: this.#at - this.#lineStart + 1 };
    throw new CompileError('parse/syntax', message, {
      ...(this.#file && { file: this.#file }),
      line: at.line,
      column: at.column,
    });
  }

  #skip(): void {
    for (;;) {
      this.#take(space);
      if (this.#text[this.#at] !== '\n') return;
      this.#at++;
      this.#line++;
      this.#lineStart = this.#at;
    }
  }

  #scan(): Pick<Token, 'kind' | 'text'> {
    const first = this.#text[this.#at];
    if (first === undefined) return { kind: 'end', text: 'end of text' };
    if (first === '%' || first === '@') return this.#scanName(first === '%' ? 'name' : 'symbol');
    if (first === '"') return { kind: 'string', text: this.#string() };
    const digits = this.#take(number);
    if (digits) return { kind: 'number', text: digits };
    const letters = this.#take(word);
    if (letters)
      return letters === 'inf' || letters === 'nan'
        ? { kind: 'number', text: letters }
        : { kind: 'word', text: letters };
    this.#at++;
    return { kind: 'punctuation', text: first };
  }

  #scanName(kind: 'name' | 'symbol'): Pick<Token, 'kind' | 'text'> {
    this.#at++;
    if (this.#text[this.#at] === '"') return { kind, text: this.#string() };
    return { kind, text: this.#take(name) || this.fail('expected a name') };
  }

  #string(): string {
    const quoted = this.#take(string) || this.fail('expected a closing quote');
    try {
      return String(JSON.parse(quoted));
    } catch {
      return this.fail(`${quoted} is no JSON string`);
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }
}
