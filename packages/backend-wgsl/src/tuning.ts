/** How a register-blocked kernel is shaped: 4 * blocks channels an invocation, `group` invocations a workgroup. */
export interface BlockShape {
  readonly blocks: 1 | 2;
  readonly group: 16 | 32 | 64;
}

/** Every shape that tuning tries. */
export const blockShapes: readonly BlockShape[] = ([1, 2] as const).flatMap((blocks) =>
  ([16, 32, 64] as const).map((group) => ({ blocks, group })),
);

/** The chosen shapes by layer: `pointwise 16x8 12544`, op, channels in and out, pixels. */
export type Tuning = Readonly<Record<string, BlockShape>>;

/** A layer that could take another shape. */
export interface TunableLayer {
  readonly key: string;
  /** The one that it has. */
  readonly shape: BlockShape;
  /** Index among the program's dispatches. */
  readonly dispatch: number;
}
