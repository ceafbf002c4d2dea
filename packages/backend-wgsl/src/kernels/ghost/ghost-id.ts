import type { ChannelBlock } from '../channel-block.ts';
import type { GhostActivations } from './ghost-activations.ts';

/** What the text of either kernel depends on, apart from how it divides the work. */
export interface GhostText {
  readonly block: ChannelBlock;
  readonly size: number;
  readonly residual: boolean;
  readonly applied: GhostActivations['applied'];
}

/** Id of a module's text: `kernel` and `cut` identify the kernel, the rest is the form and the activation. */
export function ghostId(kernel: string, cut: string, form: GhostText, activation: string): string {
  const { block, size, residual } = form;
  const options = { tail: block.tail, gate: block.gate, residual };
  return [
    ...[`${kernel}_${size}x${size}`, `${4 * block.blocks}c`, cut, block.lane, activation],
    ...Object.entries(options).flatMap(([name, on]) => (on ? [name] : [])),
  ].join('_');
}
