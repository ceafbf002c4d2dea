import { isMainThread } from 'node:worker_threads';
import { CompileError } from '@ghostc/ir';
import { jobThread } from '@ghostc/jobs';
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { jobKinds } from './jobs/job-kinds.ts';
import { errorMessage, jsonMessages, writeMessage } from './messages.ts';
import { ghostcProgram } from './program.ts';

/** The `ghostc` command: arguments and printing only. Exit codes: 0 good, 1 a check failed, 2 bad input or usage. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = ghostcProgram();
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    fail(error);
  }
}

/** Error codes that mean that a check failed, not that the input is bad. */
const failedChecks = new Set(['backend-c/max-ram', 'validate/difference']);

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has printed it; help and version leave with 0
    if (jsonMessages && process.exitCode)
      writeMessage({
        error: { code: 'cli/usage', message: error.message.replace(/^error: /, ''), notes: [] },
      });
    return;
  }
  if (jsonMessages) writeMessage(errorMessage(error));
  else if (error instanceof CompileError)
    console.error(error.message.replace(/^error\[[^\]]*\]/, (head) => pc.red(head)));
  else if (isSystemError(error)) console.error(systemMessage(error));
  else console.error(error);
  process.exitCode = error instanceof CompileError && failedChecks.has(error.code) ? 1 : 2;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'syscall' in error && /^E[A-Z0-9]+$/.test(String('code' in error && error.code))
  );
}

/** `ENOSPC: no space left on device, write` as one of our own messages. */
function systemMessage({ code, message, path, syscall }: NodeJS.ErrnoException): string {
  const words = /^\w+: ([^,]*)/.exec(message)?.[1] ?? message;
  const place = path === undefined ? '' : `\n  at ${path}`;
  return `${pc.red(`error[file/${code}]`)}: ${words} (${syscall})${place}`;
}

/** `ghostc ... | head` closes the pipe early: that is no failure. A full disk is one. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  fail(error);
  process.exit();
});
/** Then nobody is reading. */
process.stderr.on('error', () => process.exit(process.exitCode ?? 2));

if (isMainThread) await main(process.argv);

/** What a thread of a job runs: it imports this very bundle. */
export default jobThread(jobKinds);
