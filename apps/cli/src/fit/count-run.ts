import type { CProgram } from '@ghostc/compiler';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { type CRun, emulatedCore, runC } from '@ghostc/runtimes';
import type { BoardFacts } from './board-facts.ts';
import type { RunTime } from './run-time.ts';

/** More would take an emulator too long: about ten seconds on an idle machine. */
const COUNTED_AT_MOST = 2e9;

interface Run {
  readonly program: CProgram;
  readonly inputs: Tensors;
  readonly time: RunTime;
}

/** Runs the board's own build in an emulator; null where none is installed, or has room for it, or it would take too long. */
export async function countRun({ program, inputs, time }: Run, board: BoardFacts): Promise<CRun | null> {
  const emulator = emulatedCore(board);
  if (!emulator?.tools.every((tool) => tool.found()) || time.instructions > COUNTED_AT_MOST) return null;
  try {
    const [run] = await runC(program, emulator, [inputs], { count: 'instructions' });
    return run ?? null;
  } catch (error) {
    if (error instanceof CompileError && error.code.startsWith('run/')) return null;
    throw error;
  }
}
