import { type DType, isFloat, numElements, staticShape, type Value } from '@ghostc/ir';
import type { RowMove } from '@ghostc/planner';
import { cType } from './c-type.ts';
import type { CFunction } from './kernel.ts';
import { floatLiteral } from './text/float-literal.ts';
import { loop } from './text/loops.ts';

/** Copies rows between a band and an image; `row` is the image's row that the band begins with. */
export function moveFunction(move: RowMove): CFunction {
  const { kind, image, rows } = move;
  const [, channels = 1, total = 1, width = 1] = staticShape(image.type.shape);
  const type = cType(image.type.dtype);
  const bodies = { load: loadRows, push: pushRows, store: storeRows };
  return {
    hint: `${kind}_${rows}_rows_${image.type.dtype}_${channels}x${total}x${width}`,
    params: [`const ${type} *x`, `${type} *y`, 'int row'],
    body: loop(
      'c',
      channels,
      bodies[kind](move, { total, width, type, pad: literal(image.type.dtype, move.pad) }),
    ),
  };
}

interface Plane {
  /** Rows of the image or slab. */
  readonly total: number;
  readonly width: number;
  /** C type of an element. */
  readonly type: string;
  /** C constant for rows outside the image. */
  readonly pad: string;
}

function literal(dtype: DType, value: number): string {
  return isFloat(dtype) ? floatLiteral(value) : String(value);
}

function loadRows({ rows, height }: RowMove, { total, width, type, pad }: Plane): string[] {
  return loop('i', rows, [
    `${type} *to = y + (c * ${rows} + i) * ${width};`,
    `if (row + i >= 0 && row + i < ${height}) {`,
    `const ${type} *from = x + (c * ${total} + row + i) * ${width};`,
    ...copyRow(width),
    '} else {',
    ...fillRow(width, pad),
    '}',
  ]);
}

/** The slab's rows move up by a band, whose rows come after them. */
function pushRows({ rows, height }: RowMove, { total, width, type, pad }: Plane): string[] {
  return [
    ...loop('i', (total - rows) * width, [
      `y[c * ${total * width} + i] = y[c * ${total * width} + i + ${rows * width}];`,
    ]),
    ...loop('i', rows, [
      `${type} *to = y + (c * ${total} + ${total - rows} + i) * ${width};`,
      `if (row + i >= 0 && row + i < ${height}) {`,
      `const ${type} *from = x + (c * ${rows} + i) * ${width};`,
      ...copyRow(width),
      '} else {',
      ...fillRow(width, pad),
      '}',
    ]),
  ];
}

function storeRows({ rows, height }: RowMove, { total, width, type }: Plane): string[] {
  return loop('i', rows, [
    `if (row + i >= 0 && row + i < ${height}) {`,
    `const ${type} *from = x + (c * ${rows} + i) * ${width};`,
    `${type} *to = y + (c * ${total} + row + i) * ${width};`,
    ...copyRow(width),
    '}',
  ]);
}

const copyRow = (width: number): string[] => loop('j', width, ['to[j] = from[j];']);

const fillRow = (width: number, pad: string): string[] => loop('j', width, [`to[j] = ${pad};`]);

/** Fills a slab before the first band. */
export function fillFunction({ type }: Value, pad: number): CFunction {
  const count = numElements(type.shape);
  return {
    hint: `fill_${type.dtype}_${count}`,
    params: [`${cType(type.dtype)} *y`],
    body: loop('i', count, [`y[i] = ${literal(type.dtype, pad)};`]),
  };
}

/** The image's row that band `t` begins with. */
export function firstRow({ rate, lag }: RowMove): string {
  if (rate === 0) return String(-lag);
  if (lag === 0) return `t * ${rate}`;
  return lag > 0 ? `t * ${rate} - ${lag}` : `t * ${rate} + ${-lag}`;
}
