import { compileC, devices } from '@ghostc/compiler';
import { GHOSTNET, seededInt8 } from './int8-models.ts';
import type { Row } from './row.ts';

/** Of GhostNet 1.0x at 224. Vectors take the taps of depthwise convolutions as pairs of int16. */
const limits = { weights: 5_430_000, arena: 953_344 } as const;

/** Weights and arena of a model in int8, in C for every device. */
export function checkSizes(name: string, progress: (what: string) => void): Row[] {
  progress(`${name}: sizes`);
  const graph = seededInt8(name);
  return devices.flatMap((device) => {
    const { weightBytes, arenaBytes } = compileC(graph, { device });
    return [sizeRow(name, device, ['weights', weightBytes]), sizeRow(name, device, ['arena', arenaBytes])];
  });
}

const text = (count: number): string => `${count.toLocaleString('en-US')} bytes`;

function sizeRow(
  subject: string,
  device: string,
  [check, bytes]: readonly ['weights' | 'arena', number],
): Row {
  const row = { check, subject, target: `c@${device}`, found: text(bytes) };
  if (subject !== GHOSTNET) return { ...row, met: true };
  const limit = limits[check];
  return { ...row, expected: `at most ${text(limit)}`, met: bytes <= limit };
}
