import { CompileError, type ErrorLocation, Node, type Value } from '@ghostc/ir';
import type { ArenaSpan, PlacedStream, WithinResult } from '@ghostc/planner';

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

/** Values that are reported. */
const told = 4;

export function arenaLimitError({ plan, missing, worst }: WithinResult, maxRam: number): ArenaLimitError {
  const nodes = worst ? nodesOf(worst.step) : [];
  const layer = worst ? layerText(worst.step) : 'its inputs and outputs';
  const held = (worst?.held ?? [])
    .slice(0, told)
    .map(({ value, bytes }) => ({ what: heldText(value), bytes }));
  const origin = nodes.flatMap((node) => node.origin)[0];
  const miss = { maxRam, arenaBytes: plan.arenaBytes, missingBytes: missing, layer, held };
  return new ArenaLimitError(miss, { ...(origin !== undefined && { node: origin }) });
}

function nodesOf(step: Node | PlacedStream): readonly Node[] {
  return step instanceof Node ? [step] : step.nodes;
}

function layerText(step: Node | PlacedStream): string {
  if (step instanceof Node) return nodeText(step);
  const [first, last] = [step.nodes[0], step.nodes.at(-1)];
  const ends = first && last ? `, ${nodeText(first)} to ${nodeText(last)}` : '';
  return `${step.nodes.length} layers in bands of rows${ends}`;
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
