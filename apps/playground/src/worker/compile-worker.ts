import type { StepOptions } from '@ghostc/compiler';
import { CompileError, messageOf } from '@ghostc/ir';
import * as model from './model.ts';
import type { Answer, CallName, ToWorker } from './protocol.ts';

/** Calls in progress, by number. A compile looks at its signal after each step. */
const running = new Map<number, AbortController>();
const calls: Readonly<Record<CallName, (argument: never, options: StepOptions) => unknown>> = model;

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if ('cancel' in data) running.get(data.cancel)?.abort();
  else answer(data.id, data.call, data.argument);
});

async function answer(id: number, call: CallName, argument: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const onProgress = (progress: Answer['progress']): void => send({ id, progress });
  try {
    send({ id, result: await calls[call](argument as never, { signal: controller.signal, onProgress }) });
  } catch (error) {
    send({ id, error: errorData(error) });
  } finally {
    running.delete(id);
  }
}

function errorData(error: unknown): { code: string; message: string } {
  if (error instanceof CompileError) return { code: error.code, message: error.message };
  if (error instanceof DOMException && error.name === 'AbortError')
    return { code: 'cancelled', message: 'cancelled' };
  return { code: 'error', message: messageOf(error) };
}

function send(message: Answer): void {
  postMessage(message);
}
