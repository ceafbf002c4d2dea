import type { Tensor } from '@ghostc/ir';
import { fromTensor } from '@ghostc/onnx';

/** The fields of an AttributeProto but for its name. */
export type Attr = Readonly<Record<string, unknown>>;
/** Attributes by name; undefined: absent. */
export type Attrs = Readonly<Record<string, Attr | undefined>>;

export const float = (f: number): Attr => ({ type: 1, f });
export const int = (i: number): Attr => ({ type: 2, i });
export const text = (s: string): Attr => ({ type: 3, s: new TextEncoder().encode(s) });
export const tensor = (t: Tensor): Attr => ({ type: 4, t: fromTensor(t, '') });
export const floats = (values: readonly number[]): Attr => ({ type: 6, floats: [...values] });
export const ints = (values: readonly number[]): Attr => ({ type: 7, ints: [...values] });

export function attributeProtos(attrs: Attrs): object[] {
  return Object.entries(attrs).flatMap(([name, attr]) => (attr ? [{ name, ...attr }] : []));
}
