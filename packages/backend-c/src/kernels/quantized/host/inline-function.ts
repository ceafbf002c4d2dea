/** A function of the prelude as C. */
export function inlineFunction(signature: string, ...body: string[]): string[] {
  return [`static inline ${signature}`, '{', ...body, '}', ''];
}
