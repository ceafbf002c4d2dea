import {
  type BlockShape,
  blockShapes,
  type GhostForm,
  type GhostTile,
  type Tuning,
} from '@ghostc/backend-wgsl';
import { CompileError, messageOf } from '@ghostc/ir';
import type { TuneResult } from './tune-wgsl.ts';

/** What `ghostc tune` keeps: choices by adapter. */
export interface TuningCache {
  readonly format: 'ghostc-tuning/1';
  readonly adapters: Readonly<Record<string, Tuning>>;
}

/** The cache in `text`; an empty one if there is none. Throws `tune/cache` for anything else. */
export function parseTuningCache(text: string | undefined, file: string): TuningCache {
  if (text === undefined) return { format: 'ghostc-tuning/1', adapters: {} };
  let cache: Partial<TuningCache>;
  try {
    cache = JSON.parse(text);
  } catch (error) {
    throw new CompileError('tune/cache', `${file} is no JSON: ${messageOf(error)}`);
  }
  if (cache?.format !== 'ghostc-tuning/1' || typeof cache.adapters !== 'object' || !cache.adapters)
    throw new CompileError(
      'tune/cache',
      `${file}: expected the format ghostc-tuning/1, found ${cache?.format}`,
    );
  for (const [adapter, tuning] of Object.entries(cache.adapters))
    for (const [key, choice] of Object.entries(tuning)) checkChoice(choice, `${file}: ${adapter}: ${key}`);
  return cache as TuningCache;
}

function checkChoice(choice: Partial<BlockShape & GhostForm> | null, where: string): void {
  const { blocks, group, parts, fused, tile } = choice ?? {};
  const isShape = [...blockShapes.software, ...blockShapes.gpu].some(
    (known) => known.blocks === blocks && known.group === group && known.parts === parts,
  );
  if (isShape || (typeof fused === 'boolean' && (!tile || isTile(tile)))) return;
  throw new CompileError('tune/cache', `${where}: there is no shape ${JSON.stringify(choice)}`);
}

/** Whether it fits a layer is decided by its kernel. */
function isTile({ blocks, rows, columns }: GhostTile): boolean {
  return (blocks === 1 || blocks === 2) && [rows, columns].every((n) => Number.isInteger(n) && n > 0);
}

/** The cache with a result added. */
export function withTuning(cache: TuningCache, { adapter, tuning }: TuneResult): TuningCache {
  return { ...cache, adapters: { ...cache.adapters, [adapter]: { ...cache.adapters[adapter], ...tuning } } };
}

/** The choices for an adapter: the named one, or the only one of the cache. Throws `tune/adapter`. */
export function tuningFor({ adapters }: TuningCache, name?: string): Tuning {
  const names = Object.keys(adapters);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const tuning = chosen === undefined ? undefined : adapters[chosen];
  if (tuning) return tuning;
  throw new CompileError(
    'tune/adapter',
    `the tuning cache has ${names.length ? names.join(', ') : 'no adapter'}${name ? `, not ${name}` : '; name one'}`,
  );
}
