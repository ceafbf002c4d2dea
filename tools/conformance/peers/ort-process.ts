import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Peer } from '../runtime-names.ts';
import type { OrtReply, OrtTask } from './ort-worker.ts';

/** Longest time for one model, in ms. */
const TIMEOUT = 1_200_000;

/** ONNX Runtime in a separate process, which is restarted after a model that ended it. */
export class OrtProcess {
  readonly #peer: Peer;
  #child: ChildProcess | undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  run(task: OrtTask): Promise<OrtReply> {
    this.#child ??= start(this.#peer);
    const child = this.#child;
    return new Promise((resolve) => {
      const finish = (reply: OrtReply): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if ('crashed' in reply && reply.crashed) this.end();
        resolve(reply);
      };
      const crash = (error: string): void => finish({ error, crashed: true });
      const timer = setTimeout(() => crash(`no result in ${TIMEOUT / 1000} s`), TIMEOUT);
      child.once('message', (reply) => finish(reply as OrtReply));
      child.once('exit', (code, signal) => crash(`the process ended with ${signal ?? code}`));
      child.send(task);
    });
  }

  end(): void {
    this.#child?.kill();
    this.#child = undefined;
  }
}

function start(peer: Peer): ChildProcess {
  const script = join(process.cwd(), 'tools/build/run-ts.mjs');
  return fork(script, [join(process.cwd(), 'tools/conformance/peers/ort-worker.ts'), peer], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
