import { useEffect, useState } from 'preact/hooks';

/** The result of some work, recomputed when a dependency changes; undefined until it is available. */
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
