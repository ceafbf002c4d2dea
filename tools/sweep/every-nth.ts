export function* everyNth<T>(
  items: Iterable<T>,
  { every, from = 0 }: { readonly every: number; readonly from?: number },
): Generator<T> {
  let i = 0;
  for (const item of items) if (i++ % every === from % every && i > from) yield item;
}
