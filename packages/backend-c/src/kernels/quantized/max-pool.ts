import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { range } from '../../text/range.ts';
import { input } from '../operands.ts';
import { maxGeometry, type PoolGeometry } from '../pool-window.ts';

/** Taps of a window that are written out. */
const MOST_TAPS = 36;

/** Maxima of integers: rows and taps outside the image are left out before the code is written, not where it runs. */
export const maxPool: Kernel = {
  accepts: (node) => /^[iu](8|16)$/.test(node.output.type.dtype) && fits(maxGeometry(node)),
  emit({ node, pointer }) {
    const geometry = maxGeometry(node);
    const type = cType(node.output.type.dtype);
    const { planes, size, out } = geometry;
    return {
      fn: {
        hint: `max_pool_${out.join('x')}`,
        params: [`const ${type} *x`, `${type} *y`],
        body: loop('p', planes, [
          ...loop('i', out[0], [
            ...windowRows(geometry, type),
            ...rowOutputs(geometry, type),
            `y += ${out[1]};`,
          ]),
          `x += ${size[0] * size[1]};`,
        ]),
      },
      args: [pointer(input(node, 0)), pointer(node.output)],
    };
  },
};

function fits(geometry: PoolGeometry): boolean {
  const { kernel, out } = geometry;
  const hasColumns = range(out[1]).every((j) => columnsOf(geometry, j).length > 0);
  return kernel[0] * kernel[1] <= MOST_TAPS && hasColumns && edgeRowsServe(geometry);
}

/**
 * Whether each window contains rows of the image, including the one at its edge, which may replace those
 * outside.
 */
export function edgeRowsServe({
  size,
  out,
  kernel,
  stride,
  dilation,
  pads: [top = 0],
}: PoolGeometry): boolean {
  const last = (out[0] - 1) * stride[0] - top;
  const isInside = top === 0 && last + (kernel[0] - 1) * dilation[0] < size[0];
  return isInside || (dilation[0] === 1 && top < kernel[0] && last < size[0]);
}

/** Pointers to the rows of the windows of output row `i`: outside the image, that at its edge. */
export function windowRows(
  { size, out, kernel, stride, dilation, pads }: PoolGeometry,
  type: string,
): string[] {
  const [height, width] = size;
  const [top = 0] = pads;
  return range(kernel[0]).map((u) => {
    const offset = u * dilation[0] - top;
    const at = `i * ${stride[0]}${offset ? ` + ${offset}` : ''}`.replace('+ -', '- ');
    const lower = offset < 0 ? `${at} < 0 ? 0 : ` : '';
    const isBelow = (out[0] - 1) * stride[0] + offset >= height;
    const upper = isBelow ? `${at} >= ${height} ? ${height - 1} : ` : '';
    return `const ${type} *const r${u} = x + (${lower}${upper}${at}) * ${width};`;
  });
}

/** Columns of the window of output column `j` that are inside the image, without its first. */
function columnsOf({ size, kernel, stride, dilation, pads }: PoolGeometry, j: number): number[] {
  const first = j * stride[1] - (pads[1] ?? 0);
  return range(kernel[1])
    .map((v) => first + v * dilation[1])
    .filter((column) => column >= 0 && column < size[1]);
}

function rowOutputs(geometry: PoolGeometry, type: string): string[] {
  const { out, kernel, stride, pads } = geometry;
  const isWhole = (j: number): boolean => columnsOf(geometry, j).length === kernel[1];
  const columns = range(out[1]);
  const from = columns.findIndex(isWhole);
  const whole = columns.filter(isWhole).length;
  const maximum = (to: string, taps: readonly string[]): string[] => [
    '{',
    `int best = ${taps[0]};`,
    ...taps.slice(1).map((tap) => `best = ${tap} > best ? ${tap} : best;`),
    `y[${to}] = (${type})best;`,
    '}',
  ];
  const rows = range(kernel[0]);
  const edge = (j: number): string[] =>
    maximum(
      String(j),
      rows.flatMap((u) => columnsOf(geometry, j).map((column) => `r${u}[${column}]`)),
    );
  const edges = columns.filter((j) => !isWhole(j)).flatMap(edge);
  if (!whole) return edges;
  const first = (v: number): number => v * geometry.dilation[1] - (pads[1] ?? 0);
  const tap = (u: number, v: number): string =>
    `r${u}[j * ${stride[1]}${first(v) ? ` + ${first(v)}` : ''}]`.replace('+ -', '- ');
  return [
    ...edges,
    `for (int j = ${from}; j < ${from + whole}; j++) {`,
    ...maximum(
      'j',
      rows.flatMap((u) => range(kernel[1]).map((v) => tap(u, v))),
    ),
    '}',
  ];
}
