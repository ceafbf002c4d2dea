import type { AdapterKind } from '@ghostc/wgsl-runtime';

/** Into how many parts a sum may be cut. */
export const partCounts = [1, 2, 4, 8, 16] as const;
export type Parts = (typeof partCounts)[number];

/** How a register-blocked kernel is shaped: 4 * blocks channels an invocation, `group` invocations a workgroup. */
export interface BlockShape {
  readonly blocks: 1 | 2;
  readonly group: 16 | 32 | 64;
  /**
   * On a GPU: parts of each sum; if absent, chosen by the static cost model. With more than one, 1 block and
   * 64 invocations.
   */
  readonly parts?: Parts | undefined;
}

const wholeSums: readonly BlockShape[] = ([1, 2] as const).flatMap((blocks) =>
  ([16, 32, 64] as const).map((group) => ({ blocks, group })),
);

/** Every shape that tuning tries. */
export const blockShapes: Readonly<Record<AdapterKind, readonly BlockShape[]>> = {
  software: wholeSums,
  gpu: partCounts.flatMap((parts): readonly BlockShape[] =>
    parts === 1 ? wholeSums.map((shape) => ({ ...shape, parts })) : [{ blocks: 1, group: 64, parts }],
  ),
};

/** How a fused Ghost module is tiled: a workgroup has 4 * blocks primary channels of rows x columns pixels. */
export interface GhostTile {
  readonly blocks: 1 | 2;
  readonly rows: number;
  /** A multiple of four. */
  readonly columns: number;
}

/** Is a Ghost module one kernel, and how is it tiled, if its planes are too large for a workgroup? The cost model's tile if absent. */
export interface GhostForm {
  readonly fused: boolean;
  readonly tile?: GhostTile;
}

/** The choices by layer: `pointwise 16x8 12544`, op, channels in and out, pixels; `ghostKey` of a Ghost module. */
export type Tuning = Readonly<Record<string, BlockShape | GhostForm>>;

/** The shape of a layer of blocks, if it was chosen. */
export function tunedShape(tuning: Tuning, key: string): BlockShape | undefined {
  const choice = tuning[key];
  return choice && 'group' in choice ? choice : undefined;
}

/** The form of a Ghost module, if it was chosen. */
export function tunedForm(tuning: Tuning, key: string): GhostForm | undefined {
  const choice = tuning[key];
  return choice && 'fused' in choice ? choice : undefined;
}

/** A layer that could take another shape. */
export interface TunableLayer {
  readonly key: string;
  /** The one that it has. */
  readonly shape: BlockShape;
  /** In which of the program's lists. */
  readonly adapter: AdapterKind;
  /** Index in that list. */
  readonly dispatch: number;
}
