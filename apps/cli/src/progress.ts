import ora, { type Ora } from 'ora';

/** A spinner on stderr, silent when stderr is no terminal, so that `--json` and pipes stay clean. */
export function startProgress(text: string): Ora {
  return ora({ text, stream: process.stderr, isSilent: !process.stderr.isTTY }).start();
}
