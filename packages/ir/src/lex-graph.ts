import { CompileError } from './compile-error.ts';
import { isBareDim } from './dim.ts';

export interface Token {
  /** `name` %x, `symbol` @x, `word`, `number`, `string`, `punctuation`, `end`. */
  readonly kind: 'name' | 'symbol' | 'word' | 'number' | 'string' | 'punctuation' | 'end';
  /** Without sigil and quotes. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** The kind of fault in a text: the second half of the error code. */
export type ParseProblem =
  | 'syntax'
  | 'duplicate'
  | 'unknown-value'
  | 'unknown-op'
  | 'type'
  | 'attribute'
  | 'element'
  | 'resource'
  | 'too-large';

const number = /-?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf\b)/y;
const space = /[ \t\r]+/y;
const comment = /#[^\n]*/y;
const name = /[A-Za-z0-9_./:-]*[A-Za-z0-9_./-]/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const dim = /[^,[\]"\s]+/y;

/** Tokens are quoted in error messages up to this many characters. */
const MAX_SHOWN = 40;

/** Reads the text form token by token; every token has its position. Time is linear in the text. */
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

  /** A shape's dimensions after `[` and the closing bracket: integers, or (plain or quoted) text. */
  dims(): (number | string)[] {
    const dims: (number | string)[] = [];
    this.#take(space);
    if (this.#punctuation(']')) return dims;
    do {
      this.#take(space);
      dims.push(this.#dim());
      this.#take(space);
    } while (this.#punctuation(','));
    if (!this.#punctuation(']')) this.fail('syntax', 'expected ] after the dimensions');
    return dims;
  }

  fail(problem: ParseProblem, message: string, token?: Token): never {
    throw new CompileError(`parse/${problem}`, message, this.location(token));
  }

  /** The position of `token`, or of the next character. */
  location(token?: Token): { file?: string; line: number; column: number } {
    const { line, column } = token ?? { line: this.#line, column: this.#at - this.#lineStart + 1 };
    return { ...(this.#file !== undefined && { file: this.#file }), line, column };
  }

  #skip(): void {
    for (;;) {
      while (this.#take(space) || this.#take(comment));
      if (this.#text[this.#at] !== '\n') return;
      this.#at++;
      this.#line++;
      this.#lineStart = this.#at;
    }
  }

  #scan(): Pick<Token, 'kind' | 'text'> {
    const first = this.#text[this.#at];
    if (first === undefined) return { kind: 'end', text: '' };
    if (first === '%' || first === '@') return this.#scanName(first === '%' ? 'name' : 'symbol');
    if (first === '"') return { kind: 'string', text: this.#string() };
    const digits = this.#take(number);
    if (digits) return { kind: 'number', text: digits };
    const letters = this.#take(word);
    if (letters === 'inf' || letters === 'nan') return { kind: 'number', text: letters };
    if (letters) return { kind: 'word', text: letters };
    const text = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += text.length;
    return { kind: 'punctuation', text };
  }

  #scanName(kind: 'name' | 'symbol'): Pick<Token, 'kind' | 'text'> {
    this.#at++;
    const text = this.#text[this.#at] === '"' ? this.#string() : this.#take(name);
    return text || kind === 'symbol' ? { kind, text } : this.fail('syntax', 'expected a name after %');
  }

  #dim(): number | string {
    if (this.#text[this.#at] === '"') return this.#string();
    const text = this.#take(dim) || this.fail('type', 'expected a dimension');
    if (isBareDim(text)) return text;
    const value = Number(text);
    if (!/^\d+$/.test(text)) this.fail('type', `${shorten(text)} is no dimension`);
    return Number.isSafeInteger(value) ? value : this.fail('type', `dimension ${shorten(text)} is too large`);
  }

  #string(): string {
    const start = this.#at;
    do this.#at = this.#text.indexOf('"', this.#at + 1);
    while (this.#at >= 0 && this.#isEscaped(start));
    const quoted = this.#at < 0 ? undefined : this.#text.slice(start, this.#at + 1);
    try {
      if (quoted === undefined) throw new SyntaxError('no closing quote');
      this.#at++;
      return String(JSON.parse(quoted));
    } catch {
      this.#at = start;
      return this.fail('syntax', 'expected a JSON string, closed on the same line');
    }
  }

  /** Whether the current quote follows an odd number of backslashes. */
  #isEscaped(start: number): boolean {
    let at = this.#at - 1;
    while (at > start && this.#text[at] === '\\') at--;
    return (this.#at - at) % 2 === 0;
  }

  #punctuation(text: string): boolean {
    if (this.#text[this.#at] !== text) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }
}

/** A token as written in the text, for error messages. */
export function showToken({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the text';
  const sigil = kind === 'name' ? '%' : kind === 'symbol' ? '@' : '';
  return shorten(kind === 'string' ? JSON.stringify(text) : sigil + text);
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
