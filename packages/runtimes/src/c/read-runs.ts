import type { CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { CompileError } from '@ghostc/ir';
import { slotBytes, unpackTensors } from '../process/tensor-bytes.ts';
import type { CDevice, Counter } from './c-device.ts';
import { damages, type LayerCounting, REPORT_BYTES } from './c-harness.ts';

export interface CRun {
  /** None where layers are counted. */
  readonly outputs: Tensors;
  /** Executed instructions; undefined on the host and where not asked for. */
  readonly instructions: number | undefined;
  /** Most bytes of stack in use below the caller; undefined on the host. */
  readonly stackBytes: number | undefined;
  /** Instructions (nanoseconds on the host) by layer, where asked for; entry 0 is what runs before the first. */
  readonly layers?: readonly number[];
}

/** Reads what the harness wrote: for each run a report and the outputs, or counts of layers. Throws `run/failed` on a bad status or damage. */
export function readRuns(
  program: CProgram,
  device: CDevice,
  bytes: Uint8Array,
  profile?: LayerCounting,
): CRun[] {
  const outputBytes = program.outputs.reduce((sum, slot) => sum + slotBytes(slot), 0);
  const each = REPORT_BYTES + (profile ? 8 * (profile.layers + 1) : outputBytes);
  return Array.from({ length: Math.floor(bytes.length / each) }, (_, i) => {
    const record = bytes.subarray(i * each, (i + 1) * each);
    const run = readReport(program, device, { index: i, record });
    const rest = record.subarray(REPORT_BYTES);
    return profile
      ? { ...run, outputs: new Map(), layers: layerCounts(rest, device) }
      : { ...run, outputs: unpackTensors(program.outputs, rest) };
  });
}

function readReport(
  program: CProgram,
  { name, board }: CDevice,
  { index, record }: { index: number; record: Uint8Array },
): Pick<CRun, 'instructions' | 'stackBytes'> {
  const view = new DataView(record.buffer, record.byteOffset, REPORT_BYTES);
  const words = Array.from({ length: REPORT_BYTES / 4 }, (_, i) => view.getUint32(4 * i, true));
  const [status = 0, damage = 0, stackBytes = 0, low0 = 0, high0 = 0, low1 = 0, high1 = 0] = words;
  const problem = describe(program.name, status | 0, damage);
  if (problem) throw new CompileError('run/failed', `${name}, input set ${index}: ${problem}`);
  return {
    instructions: board && instructions(board.counter, [low0, high0], [low1, high1]),
    stackBytes: board && stackBytes,
  };
}

function describe(name: string, status: number, damage: number): string | undefined {
  if (status !== 0) return `${name}_run returned the status ${status}, expected 0`;
  const found = damages.filter((_, bit) => damage & (1 << bit));
  return found.length > 0 ? found.join('; ') : undefined;
}

function layerCounts(bytes: Uint8Array, { board }: CDevice): number[] {
  const ticks = [...new BigUint64Array(Uint8Array.from(bytes).buffer)].map(Number);
  if (board?.counter.kind === 'cntvct') return ticks.map((count) => Math.round(count / TICKS));
  if (board?.counter.kind !== 'fpgaio') return ticks;
  const { hertz } = board.counter;
  return ticks.map((count) => Math.round((count * 1e9) / hertz / INSTRUCTION_NANOSECONDS));
}

/** Of an emulated instruction under `-icount shift=6`. */
const INSTRUCTION_NANOSECONDS = 64;
/** Ticks of 16 ns in that time. */
const TICKS = INSTRUCTION_NANOSECONDS / 16;

type Count = readonly [low: number, high: number];

function instructions(counter: Counter, before: Count, after: Count): number {
  if (counter.kind !== 'fpgaio') {
    const counted = after[0] - before[0] + (after[1] - before[1]) * 2 ** 32;
    return counter.kind === 'minstret' ? counted : Math.round(counted / TICKS);
  }
  // 64 ns per instruction; the counter's 32 bits wrap, and the 100 Hz clock shows how often
  const ticks = after[0] - before[0];
  const coarse = ((after[1] - before[1]) * counter.hertz) / 100;
  const wraps = Math.round((coarse - ticks) / 2 ** 32);
  return Math.round(((ticks + wraps * 2 ** 32) * 1e9) / counter.hertz / INSTRUCTION_NANOSECONDS);
}
