import { byteSize, type DType } from '@ghostc/ir';
import { cType } from './c-type.ts';

/**
 * How generated code names typed memory. The weights are one union of arrays; each element type that is used has a member
 * and a pointer in the run function. The arena is a `float *a` and an `int8_t *ab`, from which other types are cast.
 */
interface WeightView {
  /** Pointer in the run function. */
  readonly local: string;
  /** Member of the union. */
  readonly member: string;
}

const views: Readonly<Record<StoredElement, WeightView>> = {
  f32: { local: 'w', member: 'f' },
  i8: { local: 'wb', member: 'b' },
  u8: { local: 'wc', member: 'c' },
  i16: { local: 'wh', member: 'h' },
  i32: { local: 'wi', member: 'i' },
  i64: { local: 'wl', member: 'l' },
  f64: { local: 'wd', member: 'd' },
  u16: { local: 'wv', member: 'v' },
  u32: { local: 'wu', member: 'u32' },
  u64: { local: 'wq', member: 'q' },
};

/** Element types that constants are stored as; the others share the storage of one of them. */
export type StoredElement = 'f32' | 'f64' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64';

/** Address of the constant at byte `offset`. */
export function weightAddress(dtype: StoredElement, offset: number): string {
  return `${views[dtype].local} + ${offset / byteSize(dtype)}`;
}

/** Address of the byte `offset` of the arena. */
export function arenaAddress(dtype: DType, offset: number): string {
  if (dtype === 'f32') return `a + ${offset / 4}`;
  return dtype === 'i8' ? `ab + ${offset}` : `(${cType(dtype)} *)(ab + ${offset})`;
}

/** Members of the union for the element types used. */
export function weightMembers(used: ReadonlySet<StoredElement>, bytes: number): string[] {
  return elements(used).map((dtype) => `${cType(dtype)} ${views[dtype].member}[${bytes / byteSize(dtype)}];`);
}

/** Declarations of the pointers that some of the calls use; `weights` is C up to a member of the union. */
export function memoryPointers(
  weights: string,
  steps: readonly string[],
  used: ReadonlySet<StoredElement>,
): string[] {
  const calls = steps.filter((step) => !step.startsWith('/*'));
  const uses = (local: string): boolean =>
    calls.some((step) => new RegExp(`\\(.*\\b${local} \\+ `).test(step));
  return [
    ...(uses('a') ? ['float *const a = (float *)arena;'] : []),
    ...(uses('ab') ? ['int8_t *const ab = (int8_t *)arena;'] : []),
    ...elements(used)
      .filter((dtype) => uses(views[dtype].local))
      .flatMap((dtype) => {
        const { local, member } = views[dtype];
        return [`const ${cType(dtype)} *${local} = ${weights}${member};`, `OPAQUE(${local});`];
      }),
  ];
}

/**
 * Hides from the compiler that a pointer points into the weights. GCC 12 else propagates their address into kernels, where
 * induction variables may be rewritten relative to that constant object; a store through such an address then counts as a
 * store to read-only memory, and the call is dropped as one without effect.
 */
export const opaquePointers: readonly string[] = [
  '#if defined(__GNUC__)',
  '#define OPAQUE(p) __asm__("" : "+r"(p))',
  '#else',
  '#define OPAQUE(p) ((void)(p))',
  '#endif',
];

function elements(used: ReadonlySet<StoredElement>): StoredElement[] {
  return (Object.keys(views) as StoredElement[]).filter((dtype) => used.has(dtype));
}

/** The element type of constants by their storage. */
export function elementOf(data: unknown): StoredElement {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Int8Array) return 'i8';
  if (data instanceof Uint8Array) return 'u8';
  if (data instanceof Int16Array) return 'i16';
  if (data instanceof Uint16Array) return 'u16';
  if (data instanceof Float64Array) return 'f64';
  if (data instanceof Uint32Array) return 'u32';
  if (data instanceof BigUint64Array) return 'u64';
  return data instanceof BigInt64Array ? 'i64' : 'i32';
}
