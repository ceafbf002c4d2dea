import { CompileError } from '@ghostc/ir';

/**
 * With GHOSTC_MESSAGES=json, programs that run ghostc get a JSON object a line on stderr: `{"progress": TEXT}`, and at the end
 * `{"error": {"code", "message", "notes", "file"?, "node"?, "op"?, "pass"?, "line"?, "column"?}}` where it failed.
 */
export const jsonMessages = process.env.GHOSTC_MESSAGES === 'json';

export function writeMessage(message: object): void {
  process.stderr.write(`${JSON.stringify(message)}\n`);
}

/** An error as such a message; other errors than ours have no place. */
export function errorMessage(error: unknown): object {
  if (error instanceof CompileError) {
    const { code, detail, notes, location } = error;
    return { error: { code, message: detail, notes, ...location } };
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { error: { code: `file/${code ?? 'unknown'}`, message: String(message ?? error), notes: [] } };
}
