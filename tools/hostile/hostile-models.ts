import { chains } from './chains.ts';
import { foldingBombs } from './folding-bombs.ts';
import { type GraphSpec, onnxOf } from './onnx-of.ts';
import { sizeBombs } from './size-bombs.ts';
import { textBombs } from './text-bombs.ts';
import { wideGraphs } from './wide-graphs.ts';

const kinds = { chain: chains, wide: wideGraphs, fold: foldingBombs, size: sizeBombs, text: textBombs };

/** Every hostile model by kind and name; `size` is the number of nodes of long and of branches of wide graphs. */
export function hostileModels(size = 10_000): ReadonlyMap<string, () => Uint8Array> {
  const models = Object.entries(kinds).flatMap(([kind, specs]) =>
    Object.entries<(size: number) => GraphSpec>(specs).map(
      ([name, make]) => [`${kind}-${name}`, () => onnxOf(make(size))] as const,
    ),
  );
  return new Map(models);
}
