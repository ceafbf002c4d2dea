import type { Case, Progress } from '../run-tests.ts';
export async function runEmx(_cases: readonly Case[], _progress: Progress): Promise<void> {
  throw new Error('none yet');
}
