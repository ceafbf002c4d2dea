import type { CLayer, CProgram } from '@ghostc/backend-c';
import type { Tensors } from '@ghostc/conformance';
import { type CDevice, countingDevice } from './c-device.ts';
import { prepareC } from './prepare-c.ts';

/** One layer with what it cost. */
export interface LayerProfile extends CLayer {
  /** Instructions; nanoseconds of processor time on the host; ticks of a board's own clock. */
  readonly cost: number;
}

export interface Profile {
  readonly unit: 'instructions' | 'nanoseconds' | 'ticks';
  /** Everything between entry and exit of the run function. */
  readonly total: number;
  readonly layers: readonly LayerProfile[];
  /** Most bytes of stack below the caller; undefined on the host. */
  readonly stackBytes: number | undefined;
}

/**
 * Runs a program once on a device and reports the cost of each layer: exact instruction counts on the
 * emulated boards, the fastest of several runs on the host. Throws as `prepareC`.
 */
export async function profileC(
  program: CProgram,
  device: string | CDevice,
  inputs: Tensors,
): Promise<Profile> {
  const host = device === 'host';
  const counting = typeof device === 'string' ? countingDevice(device) : device;
  const executable = await prepareC(program, counting, {
    count: 'instructions',
    profile: { layers: program.layers.length, repeats: host ? 20 : 1 },
  });
  try {
    const runs = await executable.run([inputs]);
    const counts = runs.map(({ layers = [] }) => layers);
    const least = (layer: number): number => Math.min(...counts.map((one) => one[layer] ?? 0));
    const layers = program.layers.map((layer, i) => ({ ...layer, cost: least(i + 1) }));
    const total = layers.reduce((sum, { cost }) => sum + cost, least(0));
    return { unit: host ? 'nanoseconds' : 'instructions', total, layers, stackBytes: runs[0]?.stackBytes };
  } finally {
    await executable.dispose();
  }
}
