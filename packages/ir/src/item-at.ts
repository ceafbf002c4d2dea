/** The item at a place that the list is known to have, from the end if negative. Throws RangeError where there is none, or null. */
export function itemAt<T>(list: readonly T[], place: number): NonNullable<T> {
  const item = place < 0 ? list.at(place) : list[place];
  if (item !== undefined && item !== null) return item;
  throw new RangeError(`a list of ${list.length} has no item ${place}`);
}
