/**
 * What a node asks of memory:
 * - `view`: the output is input 0's memory under another shape
 * - `join`: the inputs follow one another in the output (concat)
 * - `in-place`: the output may take the memory of one of these inputs, if it has the same size and dies here
 * - `own`: the output needs memory of its own
 */
export type StorageRule =
  | { readonly kind: 'view' }
  | { readonly kind: 'join'; readonly axis: number }
  | { readonly kind: 'in-place'; readonly inputs: readonly number[] }
  | { readonly kind: 'own' };
