/** What a value is, for messages: `Float32Array`, `Array`, `null`. The same for values of another frame or realm. */
export function kindOf(value: unknown): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return value === null || value === undefined || typeof value !== 'object' ? tag.toLowerCase() : tag;
}
