/** The entry of a key that the map is known to have. Throws RangeError where it has none: a fault of the program, not of a model. */
export function entryOf<K, V>(map: Pick<ReadonlyMap<K, V>, 'get'>, key: K): V {
  const entry = map.get(key);
  if (entry !== undefined) return entry;
  throw new RangeError(`there is no entry of ${String(key)}`);
}
