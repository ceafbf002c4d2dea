export { changeBatch } from './batch/change-batch.ts';
export { type CopyChanges, copyGraph } from './copy-graph.ts';
export { type Editor, type EditorOps, edit, type Insertion, type NodeSpec, type ValueRef } from './editor.ts';
export { allValues, findNode, findNodes, findValue, type NodeQuery } from './find.ts';
export { bypassNode, insertAfter, replaceNode } from './insert-replace.ts';
export { loadOnnx, saveOnnx, saveOnnxExternal } from './load-save.ts';
export type { MergeOptions } from './merge-into.ts';
export { pruneChannels, weakestChannels } from './prune/prune-channels.ts';
export {
  addPostprocessing,
  type BoxCoding,
  type Postprocessing,
  type Suppression,
} from './recipes/add-postprocessing.ts';
export { addPreprocessing, preprocess } from './recipes/add-preprocessing.ts';
export { convertFloat16, type Float16Options } from './recipes/convert-float16.ts';
export { insertObservers, type ObserverOptions, type Statistic } from './recipes/insert-observers.ts';
export type { Preprocessing } from './recipes/preprocessing.ts';
export { changeInputShape, renameValues } from './resize-model.ts';
export { type Boundary, extractSubgraph, mergeModels, splitModel } from './subgraph.ts';
