import { CompileError, fromNumbers, i64, type Tensor } from '@ghostc/ir';
import { type AttributeProto, bodiesOf, type NodeProto, nodeFromJson, renameOuter } from '@ghostc/onnx';
import { onnxNode } from '@ghostc/ops';
import type { NodeWriter } from './node-writer.ts';

/** A node that was kept as it was in the source, in the opset that is written. */
export function writeKept(writer: NodeWriter): void {
  const { op_type, opset, proto, captures } = writer.attrs(onnxNode);
  const node = nodeFromJson(proto);
  let next = 0;
  const inputs = (node.input ?? []).map((present) => (present ? writer.input(next++) : ''));
  const names = new Map(captures.map((name) => [name, writer.input(next++)]));
  const attributes = (node.attribute ?? []).map((one) => (names.size ? renameOuter(one, names) : one));
  const form = { op: op_type, inputs, attributes };
  const isStandard = !node.domain || node.domain === 'ai.onnx';
  writer.raw(isStandard ? upgraded(writer, form, opset) : form, isStandard ? undefined : node.domain);
  writer.leaveOut((node.output ?? []).map((present) => !present));
}

/** An ONNX node in written form: attributes are AttributeProtos. */
export interface RawNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

type Upgrade = (writer: NodeWriter, node: RawNode) => RawNode;

/** How nodes of older opsets are said in newer ones. Each row: op, the opset that changed it, and the change. */
const changes: readonly (readonly [string, number, Upgrade])[] = [
  ['Clip', 11, refused],
  ['Upsample', 9, (writer, node) => moved(writer, node, ['scales'])],
  ['Upsample', 10, asResize],
  ['Resize', 11, withCoordinates],
  ['Slice', 10, (writer, node) => moved(writer, node, ['starts', 'ends', 'axes'])],
  ['TopK', 10, (writer, node) => moved(writer, node, ['k'])],
  ['Pad', 11, (writer, node) => moved(writer, node, ['pads', 'value'])],
  ['Softmax', 13, refused],
  ['LogSoftmax', 13, refused],
  ['Hardmax', 13, refused],
  ['Split', 13, (writer, node) => moved(writer, node, ['split'])],
  ['Squeeze', 13, (writer, node) => moved(writer, node, ['axes'])],
  ['Unsqueeze', 13, (writer, node) => moved(writer, node, ['axes'])],
  ['ReduceSum', 13, (writer, node) => moved(writer, node, ['axes'])],
  ['Scan', 9, refused],
  ['BatchNormalization', 9, refused],
  ['BatchNormalization', 14, refused],
  ['Dropout', 12, (writer, node) => moved(writer, node, ['ratio'])],
  ['DFT', 20, refused],
  ['GridSample', 20, withShorterMode],
  ['GroupNormalization', 21, refused],
  ['Scatter', 11, (_writer, node) => ({ ...node, op: 'ScatterElements' })],
  ['Split', 18, withCount],
  ...['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map(
    (name): readonly [string, number, Upgrade] => [
      `Reduce${name}`,
      18,
      (writer, node) => moved(writer, node, ['axes']),
    ],
  ),
];

/** Whether a node of one opset means the same in a later one. */
export function isSameIn(op: string, from: number, to: number): boolean {
  return from >= OLDEST && from <= to && !changes.some(([name, at]) => name === op && from < at && at <= to);
}

/** Before this opset an operator said broadcasting and shapes otherwise. */
const OLDEST = 7;

function upgraded(writer: NodeWriter, node: RawNode, opset: number): RawNode {
  if (opset === writer.opset) return node;
  if (opset < OLDEST) return refused(writer, node);
  const changed = bodyNodes(node.attributes).find(
    ({ op_type = '', domain }) => !domain && !isSameIn(op_type, opset, writer.opset),
  );
  if (changed)
    throw new CompileError(
      'onnx/write',
      `the body of ${node.op} has a ${changed.op_type} of opset ${opset}, which opset ${writer.opset} says otherwise; expected opset ${opset}`,
    );
  return changes
    .filter(([, at]) => opset < at && at <= writer.opset)
    .reduce((form, [op, , change]) => (form.op === op ? change(writer, form) : form), node);
}

function bodyNodes(attributes: readonly AttributeProto[]): NodeProto[] {
  return bodiesOf(attributes).flatMap(({ node = [] }) =>
    node.flatMap((one) => [one, ...bodyNodes(one.attribute ?? [])]),
  );
}

function refused({ opset }: NodeWriter, { op }: RawNode): never {
  throw new CompileError(
    'onnx/write',
    `${op} stays as the file has it, which opset ${opset} says otherwise; expected the opset of the file, or sizes by --bind NAME=SIZE`,
  );
}

/** Attributes become inputs after the existing ones. */
function moved(writer: NodeWriter, { op, inputs, attributes }: RawNode, names: readonly string[]): RawNode {
  const added = names.map((name) => {
    const attribute = attributes.find((one) => one.name === name);
    return attribute ? writer.tensor(tensorOf(attribute), name) : '';
  });
  const all = [...inputs, ...added];
  while (all.at(-1) === '') all.pop();
  return { op, inputs: all, attributes: attributes.filter(({ name = '' }) => !names.includes(name)) };
}

function tensorOf({ name, f = 0, i, ints = [], floats = [] }: AttributeProto): Tensor {
  if (name === 'value' || name === 'ratio') return fromNumbers('f32', [], [f]);
  if (name === 'scales') return fromNumbers('f32', [floats.length], [...floats]);
  return i64(name === 'k' ? [Number(i)] : ints.map(Number));
}

/** Upsample is Resize of opset 10. */
function asResize(_writer: NodeWriter, node: RawNode): RawNode {
  return { ...node, op: 'Resize' };
}

/** bilinear became linear, bicubic cubic. */
function withShorterMode(_writer: NodeWriter, node: RawNode): RawNode {
  const shorter = (one: AttributeProto): AttributeProto =>
    one.name === 'mode' && one.s
      ? { ...one, s: new TextEncoder().encode(new TextDecoder().decode(one.s).replace(/^bi/, '')) }
      : one;
  return { ...node, attributes: node.attributes.map(shorter) };
}

/** Resize of opset 10 divides coordinates by the scale, and rounds down. */
function withCoordinates(
  _writer: NodeWriter,
  { op, inputs: [x = '', scales = ''], attributes }: RawNode,
): RawNode {
  const text = (name: string, value: string): AttributeProto => ({
    name,
    type: 3,
    s: new TextEncoder().encode(value),
  });
  const modes = [text('coordinate_transformation_mode', 'asymmetric'), text('nearest_mode', 'floor')];
  return { op, inputs: [x, '', scales], attributes: [...attributes, ...modes] };
}

/** From opset 18 on, a Split without sizes states the number of parts. */
function withCount(writer: NodeWriter, node: RawNode): RawNode {
  if (node.inputs.length > 1) return node;
  const count = { name: 'num_outputs', type: 2, i: writer.node.outputs.length } as unknown as AttributeProto;
  return { ...node, attributes: [...node.attributes, count] };
}
