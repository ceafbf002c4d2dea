import type { Runtime } from '@ghostc/conformance';
import type { ProgramDevice } from '../c/c-device.ts';
import { cRuntime } from '../runtime-table.ts';
import { ownCopy } from './avx2.ts';
import { inTurn } from './turn.ts';

/** With kernels of their own; the float C of the others is that of one of these. */
const emulated = ['aarch64', 'cortex-m0plus', 'cortex-m4', 'cortex-m55', 'rv32'] as const;

/**
 * C for a program of hundreds of cases, which the compiler takes long for. On the host, only the copy that runs. Of the emulated
 * devices one, by turns, at -O2, the others at -O1, which takes 0.6 of the time; at -O2 quantized-models.test.ts has a network on each.
 */
export function joinedC(device: ProgramDevice): Runtime {
  if (device === 'host') return cRuntime(device, ownCopy());
  return cRuntime(device, inTurn('-O2', emulated) === device ? [] : ['-O1']);
}
