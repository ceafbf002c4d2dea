import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Tensor } from '@ghostc/ir';
import type { Case, Progress } from '../case.ts';
import { judge, type Outcome } from '../outcome.ts';
import type { Peer } from '../runtime-names.ts';
import type { OrtReply, OrtTask } from './ort-worker.ts';

/** Longest time for one model, in ms. */
const TIMEOUT = 1_200_000;

/** ONNX Runtime in a process of its own: what ends the process costs one test. */
export async function runOrt(peer: Peer, cases: readonly Case[], progress: Progress): Promise<void> {
  const worker = new Worker(peer);
  try {
    for (const [i, one] of cases.entries()) {
      progress(`${peer} ${i + 1}/${cases.length} ${one.test.name}`);
      one.settle(peer, outcomeOf(one, await worker.run(taskOf(one))));
    }
  } finally {
    worker.end();
  }
}

function taskOf({ test, read, inputNames }: Case): OrtTask {
  const given = test.sets.map(({ inputs }, i) =>
    inputNames.flatMap((name, k): [string, Tensor][] => {
      const tensor = inputs[k] ?? read?.inputs[i]?.get(name);
      return tensor ? [[name, tensor]] : [];
    }),
  );
  return { model: test.model as Uint8Array, inputs: given };
}

function outcomeOf(one: Case, reply: OrtReply): Outcome {
  if ('outputs' in reply) return judge(one.run(one.read), reply.outputs);
  return reply.crashed
    ? { status: 'failed', reason: reply.error }
    : { status: 'refused', reason: reply.error };
}

class Worker {
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
  const script = join(process.cwd(), 'tools/run-ts.mjs');
  return fork(script, [join(process.cwd(), 'tools/conformance/peers/ort-worker.ts'), peer], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
