/** What differs between two lists of `sha256 rest`, by rest: `changed`, `missing` after, `new` before. */
export function differences(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [byRest(before), byRest(after)];
  const verdict = (rest: string): string | undefined => {
    if (!now.has(rest)) return 'missing';
    if (!old.has(rest)) return 'new';
    return old.get(rest) === now.get(rest) ? undefined : 'changed';
  };
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((rest) => {
    const found = verdict(rest);
    return found ? [`${found} ${rest}`] : [];
  });
}

function byRest(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf(' ');
        return [line.slice(at + 1), line.slice(0, at)];
      }),
  );
}
