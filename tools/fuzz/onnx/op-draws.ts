import { elementwiseRows } from './draw-elementwise.ts';
import { fusedRows } from './draw-fused.ts';
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
  ...fusedRows,
  ...indexingRows,
  ...movementRows,
  ...positionRows,
  ...quantizedRows,
  ...reductionRows,
  ...windowRows,
]);

/**
 * Not drawn, for no bound tells how far ONNX Runtime may be off: it rounds activations to 8 bits, has fast transforms, and windows
 * in float32. Cases of `tools/cases` hold them.
 */
export const notDrawn: ReadonlySet<string> = new Set([
  'BlackmanWindow',
  'DFT',
  'HammingWindow',
  'HannWindow',
  'STFT',
  'com.microsoft.DynamicQuantizeLSTM',
]);
