import ora, { type Ora } from 'ora';

/** A spinner on stderr, silent when stderr is no terminal, so that `--json` and pipes stay clean. */
export function startProgress(text: string): Ora {
  return ora({ text, stream: process.stderr, isSilent: !process.stderr.isTTY }).start();
}

/** Shows what is going on now, also in front of work that leaves the spinner no time to turn. */
export function showStep(progress: Ora, text: string): void {
  progress.text = text;
  if (progress.isSpinning) progress.render();
}
