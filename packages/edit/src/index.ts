export { emitOnnx as saveOnnx } from '@ghostc/backend-onnx';
export { readOnnx as loadOnnx } from '@ghostc/onnx';
export { type CopyChanges, copyGraph } from './copy-graph.ts';
export { allValues, findNode, findNodes, findValue, type NodeQuery } from './find.ts';
export { bypassNode, insertAfter, type NodeSpec, replaceNode } from './insert-replace.ts';
export { changeBatch, changeInputShape, renameValues } from './resize-model.ts';
export { type Boundary, extractSubgraph, mergeModels, splitModel } from './subgraph.ts';
