import type { BrokenEngine, Rows } from './broken-runtime.ts';
import { functionRows, operandRows } from './elementwise-faults.ts';
import { axisRows, layerRows } from './layer-faults.ts';
import { memoryRows } from './memory-faults.ts';
import { quantizedRows } from './quantized-faults.ts';
import { sumRows } from './sum-faults.ts';
import { blockRows, windowRows } from './window-faults.ts';

const engines = (rows: Rows): BrokenEngine[] =>
  rows.map(([name, ops, fault]) => ({ name, ops: new RegExp(`^(${ops})$`), fault }));

/** Engines with exactly one fault each. */
export const brokenEngines: readonly BrokenEngine[] = engines([
  ...windowRows,
  ...blockRows,
  ...sumRows,
  ...functionRows,
  ...operandRows,
  ...axisRows,
  ...layerRows,
  ...memoryRows,
  ...quantizedRows,
]);
