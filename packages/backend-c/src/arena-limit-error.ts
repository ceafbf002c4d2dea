import { CompileError, type ErrorLocation, type Node, type Value } from '@ghostc/ir';
import { type ArenaSpan, layersOf, type WithinResult } from '@ghostc/planner';

/** By how much the smallest arena found misses a limit. Sizes in bytes. */
export interface ArenaMiss {
  readonly maxRam: number;
  readonly arenaBytes: number;
  readonly missingBytes: number;
  /** What runs when the most is alive, and what lies in the arena then, largest first. */
  readonly layer: string;
  readonly held: readonly { readonly what: string; readonly bytes: number }[];
}

/** `backend-c/max-ram`: no plan found is small enough. */
export class ArenaLimitError extends CompileError {
  readonly miss: ArenaMiss;

  constructor(miss: ArenaMiss, location: ErrorLocation, notes?: readonly string[]) {
    const { maxRam, arenaBytes, missingBytes, layer } = miss;
    const detail = `the smallest arena found takes ${arenaBytes} bytes, ${missingBytes} more than the ${maxRam} allowed; to blame: ${layer}`;
    super(
      'backend-c/max-ram',
      detail,
      location,
      notes ?? miss.held.map(({ what, bytes }) => `${bytes} bytes: ${what}`),
    );
    this.miss = miss;
  }

  override at(location: ErrorLocation, notes: readonly string[] = []): ArenaLimitError {
    return new ArenaLimitError(this.miss, super.at(location).location, [...this.notes, ...notes]);
  }
}

/** Values that are told of. */
const told = 4;

export function arenaLimitError({ plan, missing, worst }: WithinResult, maxRam: number): ArenaLimitError {
  const stream = worst && plan.streams.get(worst.node)?.stream;
  const layers = stream ? layersOf(stream) : [];
  const layer = worst ? layerText(worst.node, layers) : 'its inputs and outputs';
  const held = (worst?.held ?? [])
    .slice(0, told)
    .map(({ value, bytes }) => ({ what: heldText(value), bytes }));
  const miss = { maxRam, arenaBytes: plan.arenaBytes, missingBytes: missing, layer, held };
  return new ArenaLimitError(miss, { ...(worst?.node.origin.length && { node: worst.node.origin[0] }) });
}

function layerText(node: Node, bands: readonly Node[]): string {
  const [first, last] = [bands[0], bands.at(-1)];
  if (!first || !last) return nodeText(node);
  return `${bands.length} layers in bands of rows, ${nodeText(first)} to ${nodeText(last)}`;
}

function nodeText({ op, output }: Node): string {
  return `${op} %${output.name}`;
}

function heldText(value: ArenaSpan['value']): string {
  return value ? valueText(value) : 'working memory of the layers themselves';
}

function valueText({ name, type }: Value): string {
  return `%${name}: ${type.dtype}[${type.shape.join(',')}]`;
}
