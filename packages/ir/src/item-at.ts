/**
 * The item at an index that must exist, counted from the end if negative. Throws RangeError if there is none,
 * or null.
 */
export function itemAt<T>(list: readonly T[], place: number): NonNullable<T> {
  const item = place < 0 ? list.at(place) : list[place];
  if (item !== undefined && item !== null) return item;
  throw new RangeError(`a list of ${list.length} has no item ${place}`);
}
