import Long from 'long';
import type { Random } from './random.ts';

/** A list or a message and what names one of its parts. */
interface Slot {
  readonly holder: object;
  readonly key: string | number;
}

const integers = [-1, 0, 1, 2, 3, 7, 255, 65_536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31)];
const longs = [
  ...integers.map((n) => Long.fromNumber(n)),
  Long.MAX_VALUE,
  Long.MIN_VALUE,
  Long.fromNumber(2 ** 40),
];
const floats = [0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, 3.4e38, 1e-45];
const texts = [
  '',
  'x',
  '../../x',
  '*/ system("x") /*',
  '</script>',
  '__proto__',
  'a'.repeat(5000),
  '\u0000',
  'é\n"',
];

/** Changes one to three fields of a decoded message in place: numbers, names, entries of lists. */
export function mutateMessage(message: object, random: Random): void {
  const slots: Slot[] = [];
  collect(message, slots, 0);
  for (let i = random.below(3); i >= 0 && slots.length; i--) change(random.pick(slots), slots, random);
}

function collect(holder: object, slots: Slot[], depth: number): void {
  if (depth > 8 || slots.length > 4000) return;
  const keys = Array.isArray(holder) ? holder.keys() : Object.keys(holder);
  for (const key of keys) {
    slots.push({ holder, key });
    const value: unknown = Reflect.get(holder, key);
    if (isNested(value)) collect(value, slots, depth + 1);
  }
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Long.isLong(value) && !ArrayBuffer.isView(value);
}

function change({ holder, key }: Slot, slots: readonly Slot[], random: Random): void {
  const value: unknown = Reflect.get(holder, key);
  if (Array.isArray(holder) && random.below(3) === 0) changeList(holder, Number(key), random);
  else if (random.below(4) === 0) Reflect.set(holder, key, alike(value, random.pick(slots)));
  else Reflect.set(holder, key, changed(value, random));
}

/** What another slot holds, if it is of the same kind. */
function alike(value: unknown, { holder, key }: Slot): unknown {
  const found: unknown = Reflect.get(holder, key);
  return typeof found === typeof value && Array.isArray(found) === Array.isArray(value) ? found : value;
}

function changeList(list: unknown[], at: number, random: Random): void {
  const action = random.below(3);
  if (action === 0) list.splice(at, 1);
  else if (action === 1) list.splice(at, 0, list[at]);
  else list.push(...list.splice(0, random.below(list.length)));
}

function changed(value: unknown, random: Random): unknown {
  if (Long.isLong(value)) return random.pick(longs);
  if (typeof value === 'number') return random.pick(Number.isInteger(value) ? integers : floats);
  if (typeof value === 'string') return random.pick(texts);
  if (value instanceof Uint8Array) return value.slice(0, random.below(value.length + 1));
  return value;
}
