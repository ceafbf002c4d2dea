import ora from 'ora';
import { jsonMessages, writeMessage } from './messages.ts';

/** What a command shows of what it does. */
export interface Progress {
  text: string;
  readonly isSpinning: boolean;
  stop(): unknown;
  render(): unknown;
}

/** A spinner on stderr, silent when stderr is no terminal, so that `--json` and pipes stay clean. */
export function startProgress(text: string): Progress {
  return jsonMessages
    ? new ProgressLines(text)
    : ora({ text, stream: process.stderr, isSilent: !process.stderr.isTTY }).start();
}

/** Shows what is going on now, also in front of work that leaves the spinner no time to turn. */
export function showStep(progress: Progress, text: string): void {
  progress.text = text;
  if (progress.isSpinning) progress.render();
}

/** Each text once, for programs. */
class ProgressLines implements Progress {
  readonly isSpinning = false;
  #text = '';

  constructor(text: string) {
    this.text = text;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    if (text !== this.#text) writeMessage({ progress: text });
    this.#text = text;
  }

  stop(): void {}
  render(): void {}
}
