import { CompileError, fromNumbers, type Value } from '@ghostc/ir';
import { Formulas, fixedShape } from './formulas.ts';
import type { NodeReader, OpRow } from './node-reader.ts';

/** Images at positions: the samples, and grids of positions. */
export const samplingRows: readonly OpRow[] = [
  ['AffineGrid', readAffineGrid],
  ['GridSample', readGridSample],
];

const older = new Map([
  ['bilinear', 'linear'],
  ['bicubic', 'cubic'],
]);

/** Images at positions of a grid; volumes are refused. */
function readGridSample(node: NodeReader): Value {
  const [x, grid] = [node.input(0), node.input(1)];
  if (x.type.shape.length !== 4)
    throw new CompileError('onnx/unsupported', 'GridSample of volumes [N,C,D,H,W] is not supported');
  const names = node.opset < 20 ? ['bilinear', 'nearest', 'bicubic'] : ['linear', 'nearest', 'cubic'];
  const mode = node.expectText('mode', names[0] ?? '', names);
  const same = grid.type.dtype === x.type.dtype;
  return node.emit('grid_sample', [x, same ? grid : node.emit('cast', [grid], { to: x.type.dtype })], {
    mode: older.get(mode) ?? mode,
    padding_mode: node.expectText('padding_mode', 'zeros', ['zeros', 'border', 'reflection']),
    align_corners: node.int('align_corners', 0) !== 0,
  });
}

/** theta [N,2,3] times the positions (x, y, 1) of the pixels of an image: the grid [N,H,W,2]. */
function readAffineGrid(node: NodeReader): Value {
  const theta = node.input(0);
  const [n, two] = fixedShape(node, theta);
  const size = node.numbers(1, 'size');
  const [height = 1, width = 1] = size.slice(2);
  if (size.length !== 4 || two !== 2 || size[0] !== n)
    throw new CompileError(
      'onnx/unsupported',
      `AffineGrid expects theta [N,2,3] and the size of an image, found [${theta.type.shape.join(',')}] and [${size.join(',')}]`,
    );
  node.claim(3 * height * width, `AffineGrid [${height},${width}]`);
  const corners = node.int('align_corners', 0) !== 0;
  const place = (i: number, count: number): number =>
    corners ? (count > 1 ? (2 * i) / (count - 1) - 1 : 0) : (2 * i + 1) / count - 1;
  const columns = Array.from({ length: height * width }, (_, at) => at);
  const values = [
    ...columns.map((at) => place(at % width, width)),
    ...columns.map((at) => place(Math.floor(at / width), height)),
    ...columns.map(() => 1),
  ];
  const positions = fromNumbers(theta.type.dtype, [3, height * width], values);
  const f = new Formulas(node);
  const moved = f.emit('matmul', [theta, node.addConstant(positions, `${node.name}_positions`)]);
  return f.emit('reshape', [f.emit('transpose', [moved], { perm: [0, 2, 1] })], {
    shape: [n ?? 1, height, width, 2],
  });
}
