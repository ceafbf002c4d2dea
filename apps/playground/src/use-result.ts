import { useEffect, useState } from 'preact/hooks';

/** What some work gives, done anew when one of the facts changes; undefined until it is there. */
export function useResult<T>(work: () => Promise<T | undefined>, facts: readonly unknown[]): T | undefined {
  const [result, setResult] = useState<T>();
  useEffect(() => {
    let current = true;
    setResult(undefined);
    work().then((made) => current && setResult(made));
    return () => {
      current = false;
    };
  }, facts);
  return result;
}
