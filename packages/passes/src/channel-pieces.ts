import { type Node, staticShape, type Value } from '@ghostc/ir';
import { concat, normalAxis } from '@ghostc/ops';
import type { ChannelRange } from './split-channels.ts';

/** Values that are joined from others along axis 1, of batches of one: which value has which of their channels. */
export class ChannelPieces {
  /** By range; where a piece is joined itself, with its own pieces. */
  readonly #pieces = new Map<Value, ReadonlyMap<string, Value>>();
  readonly #starts = new Map<Value, readonly number[]>();

  /** Takes note of a node that joins channels. */
  add(node: Node): void {
    const { op, attrs, inputs, output } = node;
    const { shape } = output.type;
    if (op !== concat.name || shape[0] !== 1 || normalAxis(Number(attrs.axis), shape.length) !== 1) return;
    const pieces = new Map<string, Value>();
    const starts: number[] = [];
    let at = 0;
    for (const value of inputs) {
      const count = channelsOf(value);
      if (!value?.producer) return;
      pieces.set(keyOf([at, at + count]), value);
      for (const [key, inner] of this.#pieces.get(value) ?? []) pieces.set(shifted(key, at), inner);
      for (const start of this.#starts.get(value) ?? [0]) starts.push(at + start);
      at += count;
    }
    this.#pieces.set(output, pieces);
    this.#starts.set(output, starts);
  }

  /** Where the smallest pieces of a value begin. */
  starts(value: Value): readonly number[] {
    return this.#starts.get(value) ?? [0];
  }

  /** The value that has these channels; undefined if none has. */
  piece(value: Value, range: ChannelRange): Value | undefined {
    if (range[0] === 0 && range[1] === channelsOf(value)) return value;
    return this.#pieces.get(value)?.get(keyOf(range));
  }
}

function channelsOf(value: Value | null): number {
  return value ? (staticShape(value.type.shape)[1] ?? 0) : 0;
}

const keyOf = ([from, to]: ChannelRange): string => `${from}:${to}`;

function shifted(key: string, by: number): string {
  return key
    .split(':')
    .map((bound) => Number(bound) + by)
    .join(':');
}
