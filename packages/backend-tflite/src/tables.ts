import { dataOf, itemAt, type Node, type TensorType, toNumbers } from '@ghostc/ir';
import {
  affineOf,
  attrsOf,
  clampTable,
  hardSwishTable,
  integerRange,
  leakyReluTable,
  logisticTable,
  lookupTable,
  type OutputQuant,
  outputAffine,
  qlinearLookup,
  type ReferenceTable,
  tanhTable,
} from '@ghostc/ops';
import { type OperatorOptions, operatorOptions } from '@ghostc/tflite';
import { lineOf } from './straight-table.ts';
import { type Code, type Placed, placedType, refuse, type TfliteGraph } from './tflite-graph.ts';
import type { Row } from './windows.ts';

/** An operator of TFLite on 8-bit integers, and the table of what its reference kernel computes. */
interface Candidate {
  readonly code: Code;
  readonly table: ReferenceTable;
  readonly options?: OperatorOptions;
}

const formulaTable =
  (formula: (real: number) => number): ReferenceTable =>
  (x, y) =>
    lookupTable(x, y, formula);

const candidates: readonly Candidate[] = [
  { code: 'LOGISTIC', table: logisticTable },
  { code: 'TANH', table: tanhTable },
  { code: 'HARD_SWISH', table: hardSwishTable },
  { code: 'ELU', table: formulaTable((v) => (v < 0 ? Math.expm1(v) : v)) },
  { code: 'EXP', table: formulaTable(Math.exp) },
  { code: 'RELU', table: clamp(0, Number.POSITIVE_INFINITY) },
  { code: 'RELU6', table: clamp(0, 6) },
  { code: 'RELU_N1_TO_1', table: clamp(-1, 1) },
];

function clamp(lo: number, hi: number): ReferenceTable {
  return (x, y) => {
    const [low, high] = integerRange(y.y_dtype);
    const { scale, zeroPoint } = outputAffine(y);
    const level = (real: number): number => zeroPoint + Math.round(Math.fround(real / scale));
    return clampTable([Math.max(low, level(lo)), Number.isFinite(hi) ? Math.min(high, level(hi)) : high])(
      x,
      y,
    );
  };
}

/**
 * A table of 256 bytes as the TFLite operator that computes exactly its entries: one of its functions, or,
 * for a straight line between two ends, a depthwise convolution of one tap. Any other is a GATHER from the
 * table, which CPUs support.
 */
export const lookup: Row = (writer, node) => {
  const input = itemAt(node.inputs, 0);
  const attrs = attrsOf(qlinearLookup, node);
  if (input?.type.dtype !== 'i8' || attrs.y_dtype !== 'i8')
    return refuse(`a table of ${input?.type.dtype ?? 'nothing'}`);
  const table = dataOf(node.inputs[1]?.constant ?? refuse('a table that is not constant'), 'i8');
  const x = writer.value(input);
  const found = [...candidates, ...leaky(table, input.type, attrs)].find((one) =>
    computes(one.table, { table, type: input.type, attrs }),
  );
  if (found) {
    const { code, options } = found;
    return writer.operator(code, [x], placedType(node.output.type), { options, name: node.output.name });
  }
  return straight(writer, node, { table, x }) ?? gathered(writer, node, { table, x });
};

interface Wanted {
  readonly table: Int8Array;
  readonly type: TensorType;
  readonly attrs: OutputQuant;
}

function computes(reference: ReferenceTable, { table, type, attrs }: Wanted): boolean {
  try {
    return toNumbers(reference(type, attrs)).every((entry, i) => Number(entry) === table[i]);
  } catch {
    return false; // the scales are outside what that kernel takes
  }
}

/** LEAKY_RELU with the slope that the lowest entry has: of the few float32 near it, the one whose table is this one. */
function leaky(table: Int8Array, type: TensorType, attrs: OutputQuant): Candidate[] {
  const [from, to] = [affineOf(type, 'x'), outputAffine(attrs)];
  const lowest = (-128 - from.zeroPoint) * from.scale;
  if (lowest >= 0) return [];
  const alpha = (((table[0] ?? 0) - to.zeroPoint) * to.scale) / lowest;
  const near = [alpha, ...[2, 3, 4].map((digits) => Number(alpha.toFixed(digits)))];
  return near.map((slope) => ({
    code: 'LEAKY_RELU',
    table: leakyReluTable(slope),
    options: operatorOptions.leaky(slope),
  }));
}

interface Source {
  readonly table: Int8Array;
  readonly x: Placed;
}

/** A depthwise convolution of one tap, if the table is a line between the ends of int8, as for hard-sigmoid. */
function straight(writer: TfliteGraph, node: Node, { table, x }: Source): Placed | undefined {
  const input = itemAt(node.inputs, 0);
  const line = input && lineOf(table, affineOf(input.type, 'x'), outputAffine(attrsOf(qlinearLookup, node)));
  if (!line) return undefined;
  const { shape, ...type } = placedType(node.output.type);
  const whole = x.shape.reduce((product, size) => product * size, 1);
  const image = x.shape.length === 4 ? x : writer.reshaped(x, [1, 1, whole, 1]);
  const channels = image.shape[3] ?? 1;
  const filled = (scale: number, axis: number) => ({
    scale: new Array<number>(channels).fill(scale),
    zeroPoint: new Array<number>(channels).fill(0),
    axis,
  });
  const filter = writer.constant({
    dtype: 'i8',
    shape: [1, 1, 1, channels],
    data: new Int8Array(channels).fill(line.weight),
    quant: filled(line.scale, 3),
  });
  const bias = writer.constant({
    dtype: 'i32',
    shape: [channels],
    data: new Int32Array(channels).fill(line.bias),
    quant: filled(Math.fround(x.quant?.scale[0] ?? 1) * line.scale, 0),
  });
  const options = operatorOptions.depthwise(operatorOptions.VALID, 1);
  const y = writer.operator(
    'DEPTHWISE_CONV_2D',
    [image, filter, bias],
    { ...type, shape: image.shape },
    { options },
  );
  return image === x ? y : writer.reshaped(y, shape);
}

/** table[x + 128]: GATHER takes int32. */
function gathered(writer: TfliteGraph, node: Node, { table, x }: Source): Placed {
  const type = placedType(node.output.type);
  const entries = writer.constant({ dtype: 'i8', shape: [256], data: table, quant: type.quant }, 'table');
  const wide = { dtype: 'i32', shape: x.shape } as const;
  const value = writer.operator('CAST', [x], wide);
  const index = writer.operator('ADD', [value, writer.ints([128], [])], wide, {
    options: operatorOptions.add(),
  });
  return writer.operator('GATHER', [entries, index], type, {
    options: operatorOptions.gather(0),
    name: node.output.name,
  });
}
