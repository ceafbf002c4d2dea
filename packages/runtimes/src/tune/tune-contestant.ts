import type { TunableLayer } from '@ghostc/backend-wgsl';
import { type CompileWgslOptions, compileWgsl } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { adapterOf, createSession, type Session } from '@ghostc/wgsl-runtime';

/** A program on a device, and those of its layers that could have another shape. */
export interface Contestant {
  readonly session: Session;
  readonly layers: readonly TunableLayer[];
}

export async function openContestant(
  device: GPUDevice,
  model: Graph,
  options: CompileWgslOptions,
): Promise<Contestant> {
  const adapter = adapterOf(device);
  let layers: readonly TunableLayer[] = [];
  const onTunable = (found: readonly TunableLayer[]) => {
    layers = found.filter((layer) => layer.adapter === adapter);
  };
  const program = compileWgsl(model, { ...options, onTunable });
  return { session: await createSession(device, program), layers };
}

export type Data = Readonly<Record<string, Float32Array>>;

export function inputsOf(model: Graph): Data {
  return Object.fromEntries(
    [...seededInputs(model, 1)].map(([name, { data }]) => [name, data as Float32Array]),
  );
}

export interface Turn<T> {
  readonly item: T;
  readonly index: number;
  readonly round: number;
}

/**
 * Each item once in every round, so that what slows the machine meanwhile slows all of them; forwards and backwards, from
 * another one on each time, so that none is always after the same other.
 */
export function* inTurn<T>(items: readonly T[], rounds: number): Generator<Turn<T>> {
  for (let round = 0; round < rounds; round++) {
    const turns = items.map((item, index) => ({ item, index, round }));
    const first = (round >> 1) % Math.max(items.length, 1);
    const order = [...turns.slice(first), ...turns.slice(0, first)];
    yield* round % 2 ? order.reverse() : order;
  }
}
