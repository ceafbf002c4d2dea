import { CompileError, constantOf, type Tensor, tensor, toBytes, toNumbers } from '@ghostc/ir';
import { dataTypeOf } from '@ghostc/onnx';
import {
  type Activation,
  activationAttrs,
  activationOpAttrs,
  activationOps,
  attrsOf,
  defaultRounding,
  onnxRounding,
  qlinearLookup,
  qlinearResize,
  registry,
  unaryTable,
} from '@ghostc/ops';
import { writeActivation } from './node-writer.ts';
import { onnxFunction } from './onnx-functions.ts';
import { opTable } from './op-table.ts';
import type { QuantizedWriter } from './quantized-writer.ts';

type WriteQuantized = (writer: QuantizedWriter) => void;

/** Quantised ops with the float op that ONNX puts between DequantizeLinear and QuantizeLinear. */
const floatOps = [...registry.values()].flatMap(({ name, integerForm }): [string, string][] =>
  'op' in integerForm ? [[integerForm.op, name]] : [],
);

/** How ops that work only on integers are written. Movement ops on integers are written as the float ones, in QDQ. */
export const qdqTable: ReadonlyMap<string, WriteQuantized> = new Map<string, WriteQuantized>([
  ...floatOps.map(([op, float]): [string, WriteQuantized] => [op, (writer) => opTable.get(float)?.(writer)]),
  ['dequantize_linear', (writer) => writer.dequantize()],
  ['qlinear_lookup', writeLookup],
  ['qlinear_resize', writeResize],
  ['quantize_linear', (writer) => writer.quantize(writer.input(0))],
  ['requantize', writeRequantize],
]);

function writeRequantize(writer: QuantizedWriter): void {
  const activation = writer.attrs({ attrs: activationAttrs });
  if (activation.activation === 'none') writer.quantize(writer.input(0));
  else writeActivation(writer, writer.input(0), activation);
}

/**
 * Functions that a table may represent, those without parameters first, with the parameters that exporters
 * use, as float32.
 */
const functions: readonly Activation[] = activationOps
  .flatMap(({ name, epilogue }) =>
    epilogue.usual.map((params) => ({ activation: name, activation_params: params.map(Math.fround) })),
  )
  .sort((a, b) => Number(a.activation_params.length > 0) - Number(b.activation_params.length > 0));

const tabled = [onnxRounding, defaultRounding].flatMap((rounding) =>
  functions.map((one) => ({ one, rounding })),
);

/** The function of this opset whose table this is, in QDQ; else the table itself, on the integers: Gather(table, x + 128) of i8. */
function writeLookup(writer: QuantizedWriter): void {
  const x = writer.value(0).type;
  const table = constantOf(writer.value(1));
  const y = attrsOf(qlinearLookup, writer.node);
  const known = ({ activation }: Activation): boolean =>
    (onnxFunction(activation)?.since('f32') ?? 0) <= writer.opset;
  const found = tabled.find(
    ({ one, rounding }) =>
      known(one) &&
      sameTable(table, unaryTable(one.activation, activationOpAttrs(one), x, { ...y, rounding })),
  );
  if (!found) writeGather(writer, table);
  else {
    writer.rounding = found.rounding;
    writeActivation(writer, writer.input(0), found.one);
  }
}

function writeGather(writer: QuantizedWriter, table: Tensor): void {
  const x = writer.value(0);
  if (x.type.dtype === 'i16')
    throw new CompileError('onnx/write', 'a 16-bit table of a function that ONNX has not cannot be written');
  const wide = writer.step('Cast', [writer.integers(0)], { to: dataTypeOf('i32') });
  const offset = writer.constant(
    tensor('i32', [], Int32Array.of(x.type.dtype === 'i8' && !writer.isUnsigned(x) ? 128 : 0)),
    'offset',
  );
  const levels = writer.isUnsigned(writer.node.output)
    ? writer.constant(
        tensor(
          'u8',
          table.shape,
          Uint8Array.from(toNumbers(table), (level) => Number(level) + 128),
        ),
        'table',
      )
    : writer.integers(1);
  writer.lastOnIntegers('Gather', [levels, writer.step('Add', [wide, offset])]);
}

function sameTable(a: Tensor, b: Tensor): boolean {
  const [left, right] = [toBytes(a.data), toBytes(b.data)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

function writeResize(writer: QuantizedWriter): void {
  const attrs = writer.attrs(qlinearResize);
  const [n = 1, c = 1] = writer.value(0).type.shape.map(Number);
  const mode = attrs.align_corners ? 'align_corners' : attrs.half_pixel_centers ? 'half_pixel' : 'asymmetric';
  writer.last('Resize', [writer.input(0), '', '', writer.ints([n, c, ...attrs.sizes], 'sizes')], {
    mode: 'linear',
    coordinate_transformation_mode: mode,
  });
}
