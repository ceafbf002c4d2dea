/**
 * How the output of a node may use memory:
 * - `view`: the output is input 0's memory under another shape
 * - `join`: the inputs follow one another in the output (concat)
 * - `in-place`: the output may reuse the memory of one of these inputs, if it has the same size and is not
 *   read later
 * - `own`: the output needs separate memory
 */
export type StorageRule =
  | { readonly kind: 'view' }
  | { readonly kind: 'join'; readonly axis: number }
  | { readonly kind: 'in-place'; readonly inputs: readonly number[] }
  | { readonly kind: 'own' };
