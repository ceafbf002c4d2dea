import type { Attrs } from './attributes.ts';
import type { ModelDraft, Ref } from './model-draft.ts';

/** How an op is drawn: one node with its attributes at random, and its edges among them. */
export interface OpDraw {
  /** First opset that has the op. */
  readonly since: number;
  /** Last opset that has it. */
  readonly until?: number;
  readonly draw: (draft: ModelDraft) => void;
}

/** What a node is made of. */
export interface Parts {
  readonly inputs: readonly (Ref | null | undefined)[];
  readonly attrs: Attrs;
}

/** A row of a table: the op, or `domain.op`. */
export type DrawRow = readonly [string, OpDraw];

export const row = (op: string, draw: OpDraw['draw'], since = 7): DrawRow => [op, { since, draw }];
