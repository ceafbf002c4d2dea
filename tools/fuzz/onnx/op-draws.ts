import { elementwiseRows } from './draw-elementwise.ts';
import { indexingRows } from './draw-indexing.ts';
import { movementRows } from './draw-movement.ts';
import type { OpDraw } from './draw-op.ts';
import { positionRows } from './draw-positions.ts';
import { quantizedRows } from './draw-quantized.ts';
import { reductionRows } from './draw-reductions.ts';
import { windowRows } from './draw-windows.ts';

/** How every op of the reader is drawn, by name; ops of other domains as `domain.op`. */
export const opDraws: ReadonlyMap<string, OpDraw> = new Map([
  ...elementwiseRows,
  ...indexingRows,
  ...movementRows,
  ...positionRows,
  ...quantizedRows,
  ...reductionRows,
  ...windowRows,
]);

/** Ops that are not drawn: the cases of `tools/cases` hold each against ONNX Runtime. */
export const notDrawn: ReadonlySet<string> = new Set([
  ...['AffineGrid', 'GRU', 'LSTM', 'RNN', 'NonZero'],
  ...['BiasGelu', 'FastGelu', 'FusedConv', 'FusedGemm', 'FusedMatMul', 'Gelu', 'QuickGelu'].map(microsoft),
  ...['DynamicQuantizeLSTM', 'SkipLayerNormalization'].map(microsoft),
]);

function microsoft(op: string): string {
  return `com.microsoft.${op}`;
}
