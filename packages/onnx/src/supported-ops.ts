import { contribTable } from './contrib-table.ts';
import { opTable } from './op-table.ts';
import { shapeTable } from './shape-table.ts';

/** Every op that the reader knows; those of ONNX Runtime's domain as `com.microsoft.QGemm`. */
export const supportedOps: readonly string[] = [
  ...new Set([...opTable.keys(), ...shapeTable.keys()]),
  ...[...contribTable.keys()].map((op) => `com.microsoft.${op}`),
].sort();
