import { numElements, stridesOf } from '@ghostc/ir';
import type { Step } from '../kernel.ts';

/** What output position i of an axis reads: source index `low` (-1: the fill value), and `high` with weight `fraction`. */
export interface AxisTap {
  readonly low: number;
  readonly high: number;
  readonly fraction: number;
}

export interface TableGather {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly tapOf: (i: number, axis: number) => AxisTap;
  readonly fill: number;
  readonly weights: (data: Int32Array) => number;
}

interface Axis {
  readonly size: number;
  /** Of the source. */
  readonly stride: number;
  /** Absent: position i reads i. */
  readonly taps?: readonly AxisTap[];
}

/**
 * y[i, j, ...] = sum over low/high of every axis of x[tap(i), tap(j), ...] times its weights. Tables of `(low * stride,
 * high * stride, fraction)` lie among the weights, three words an entry.
 */
export function gatherStep({ id, x, y, weights, fill, ...gather }: TableGather): Step {
  const axes = mergeWhole(listAxes(gather));
  const tables = axes.map(({ taps, stride }) => (taps ? weights(tableOf(taps, stride)) : 0));
  const linear = axes.map(({ taps }) => !!taps?.some(({ fraction }) => fraction !== 0));
  const kinds = axes.map(({ taps }, i) => (linear[i] ? 'l' : taps ? 't' : 'w'));
  const ints = Object.fromEntries(
    axes.flatMap(({ size, stride }, i) => [
      ...(i ? [[`D${i}`, size]] : []),
      kinds[i] === 'w' ? [`S${i}`, stride] : [`T${i}`, tables[i] ?? 0],
    ]),
  );
  return {
    id: `${id}_${kinds.join('')}`,
    arena: 'f32',
    weights: 'i32',
    body: body(kinds),
    ints: { X_AT: x, Y_AT: y, ...ints },
    floats: { FILL: fill },
    count: numElements(axes.map(({ size }) => size)),
  };
}

type Geometry = Pick<TableGather, 'from' | 'to' | 'tapOf'>;

function listAxes({ from, to, tapOf }: Geometry): Axis[] {
  const strides = stridesOf(from);
  return to.map((size, axis) => {
    const taps = Array.from({ length: size }, (_, i) => tapOf(i, axis));
    const whole = size === from[axis] && taps.every(({ low, fraction }, i) => low === i && fraction === 0);
    return { size, stride: strides[axis] ?? 1, ...(whole ? {} : { taps }) };
  });
}

/** Neighbouring axes without tables become one. */
function mergeWhole(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (outer && !outer.taps && !axis.taps)
      merged[merged.length - 1] = { size: outer.size * axis.size, stride: axis.stride };
    else merged.push(axis);
  }
  return merged;
}

function tableOf(taps: readonly AxisTap[], stride: number): Int32Array {
  const table = new Int32Array(taps.length * 3);
  const fractions = new Float32Array(table.buffer);
  taps.forEach(({ low, high, fraction }, i) => {
    table.set([low < 0 ? -1 : low * stride, high * stride], i * 3);
    fractions[i * 3 + 2] = fraction;
  });
  return table;
}

/** Kinds: `w` whole axis, `t` one tap (or the fill value), `l` two taps. */
function body(kinds: readonly string[]): string {
  const inner = kinds
    .map((_, i) => i)
    .slice(1)
    .reverse();
  const corners = kinds.reduce<readonly string[][]>(
    (lists, kind, i) =>
      lists.flatMap((list) =>
        kind === 'l'
          ? [
              [...list, `low${i}`],
              [...list, `high${i}`],
            ]
          : [[...list, `low${i}`]],
      ),
    [[]],
  );
  const weightOf = (name: string): string[] => {
    if (kinds[Number(name.replace(/\D/g, ''))] !== 'l') return [];
    return [name.startsWith('low') ? `(1.0 - ${name.replace('low', 'part')})` : name.replace('high', 'part')];
  };
  const terms = corners.map((names) =>
    [...names.flatMap(weightOf), `arena[X_AT + ${names.join(' + ')}]`].join(' * '),
  );
  const tabled = kinds.flatMap((kind, i) => (kind === 't' ? [`low${i}`] : []));
  return `var rest = item;
${inner.map((i) => `let i${i} = rest % D${i};\nrest = rest / D${i};`).join('\n')}
let i0 = rest;
${kinds.map(lookup).join('\n')}
var value = FILL;
if (${tabled.length ? tabled.map((name) => `${name} >= 0`).join(' && ') : 'true'}) {
value = ${terms.join(' + ')};
}
arena[Y_AT + item] = value;`;
}

function lookup(kind: string, i: number): string {
  if (kind === 'w') return `let low${i} = i${i} * S${i};`;
  const low = `let low${i} = weights[T${i} + i${i} * 3];`;
  if (kind === 't') return low;
  return `${low}
let high${i} = weights[T${i} + i${i} * 3 + 1];
let part${i} = bitcast<f32>(weights[T${i} + i${i} * 3 + 2]);`;
}
