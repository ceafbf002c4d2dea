import type { Case, Progress } from '../case.ts';
import type { Peer } from '../runtime-names.ts';
import { runEmx } from './emx.ts';
import { runLitert } from './litert.ts';
import { runOrt } from './ort.ts';

/** Runs the tests that have an ONNX form on another's runtime. The reason why it is not available, or undefined. */
export async function runPeer(
  peer: Peer,
  cases: readonly Case[],
  progress: Progress,
): Promise<string | undefined> {
  const withModel = cases.filter(({ test, outcomes }) => test.model && !outcomes[peer]);
  try {
    if (peer === 'emx') await runEmx(withModel, progress);
    else if (peer === 'litert') await runLitert(withModel, progress);
    else await runOrt(peer, withModel, progress);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ').slice(0, 300);
  }
}
