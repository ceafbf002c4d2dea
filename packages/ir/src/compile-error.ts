/** Where an error occurred; each caller on the way up fills in what it knows. */
export interface ErrorLocation {
  /** Source file, as the user named it. */
  readonly file?: string;
  /** Name of the node in the source model. */
  readonly node?: string;
  readonly op?: string;
  readonly pass?: string;
  /** One-based, in a text file. */
  readonly line?: number;
  readonly column?: number;
}

/**
 * The compiler's only error type: a stable code (`area/problem`), a message that states what was expected and
 * what was found, a location that callers complete on the way up, and notes.
 */
export class CompileError extends Error {
  readonly code: string;
  readonly detail: string;
  readonly location: ErrorLocation;
  readonly notes: readonly string[];

  constructor(code: string, detail: string, location: ErrorLocation = {}, notes: readonly string[] = []) {
    super(formatError(code, detail, location, notes));
    this.name = 'CompileError';
    this.code = code;
    this.detail = detail;
    this.location = location;
    this.notes = notes;
  }

  /** The same error with the location's missing parts filled in and notes appended. */
  at(location: ErrorLocation, notes: readonly string[] = []): CompileError {
    const known = Object.entries(this.location).filter(([, part]) => part !== undefined);
    const merged = { ...location, ...Object.fromEntries(known) };
    return new CompileError(this.code, this.detail, merged, [...this.notes, ...notes]);
  }
}

/** Runs `body`; a CompileError that it throws gets the missing parts of `location`. */
export function withLocation<T>(location: ErrorLocation, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof CompileError ? error.at(location) : error;
  }
}

/** The result of `body`, or null if it throws a CompileError. Other errors propagate. */
export function attempt<T>(body: () => T): T | null {
  try {
    return body();
  } catch (error) {
    if (error instanceof CompileError) return null;
    throw error;
  }
}

function formatError(
  code: string,
  detail: string,
  location: ErrorLocation,
  notes: readonly string[],
): string {
  const where = formatLocation(location);
  const lines = [
    `error[${code}]: ${detail}`,
    ...(where ? [`  at ${where}`] : []),
    ...notes.map((note) => `  note: ${note}`),
  ];
  return lines.join('\n');
}

function formatLocation({ file, node, op, pass, line, column }: ErrorLocation): string {
  const position =
    line === undefined
      ? file
      : `${file ?? 'line '}${file ? ':' : ''}${line}${column === undefined ? '' : `:${column}`}`;
  const subject = node === undefined ? op : op === undefined ? node : `${node} (${op})`;
  return [position, pass && `pass ${pass}`, subject].filter(Boolean).join(' > ');
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
