/**
 * The entry of a key that must be in the map. Throws RangeError if it is not, which is a bug, not a fault of
 * the model.
 */
export function entryOf<K, V>(map: Pick<ReadonlyMap<K, V>, 'get'>, key: K): V {
  const entry = map.get(key);
  if (entry !== undefined) return entry;
  throw new RangeError(`there is no entry of ${String(key)}`);
}
