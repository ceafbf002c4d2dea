import type { Tensor } from '@ghostc/ir';
import type { Case, Progress } from '../case.ts';
import { judge, type Outcome } from '../outcome.ts';
import type { Peer } from '../runtime-names.ts';
import { OrtProcess } from './ort-process.ts';
import type { OrtReply, OrtTask } from './ort-worker.ts';

/** ONNX Runtime in a separate process, so that a crash loses only one test. */
export async function runOrt(peer: Peer, cases: readonly Case[], progress: Progress): Promise<void> {
  const worker = new OrtProcess(peer);
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
