/** Hashes by the rest of their line, `model target options file`. */
export function hashesByFile(lines: Iterable<string>): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(' ');
    if (at > 0) hashes.set(line.slice(at + 1), line.slice(0, at));
  }
  return hashes;
}

/** Of each line of a run: what differs from an earlier run (`changed`, `new`), undefined if nothing; `missing` at the end. */
export function* differences(
  old: ReadonlyMap<string, string>,
  lines: Iterable<string>,
): Generator<string | undefined> {
  const left = new Map(old);
  for (const [file, hash] of mapped(lines)) {
    const before = left.get(file);
    left.delete(file);
    if (before === hash) yield undefined;
    else yield `${before === undefined ? 'new' : 'changed'} ${file}`;
  }
  for (const file of left.keys()) yield `missing ${file}`;
}

function* mapped(lines: Iterable<string>): Generator<readonly [string, string]> {
  for (const line of lines) yield* hashesByFile([line]);
}
