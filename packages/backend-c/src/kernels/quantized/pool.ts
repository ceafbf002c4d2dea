import {
  affineOf,
  attrsOf,
  dividesByCount,
  meanMultiplier,
  poolMultiplier,
  qlinearAveragePool,
  qlinearGlobalAveragePool,
} from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel, KernelCall, KernelContext, Prelude } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';
import { countedLines, poolBody, poolGeometry, poolStore } from '../pool-window.ts';
import { limited, outputScale, plus } from './output-scale.ts';
import { limitPrelude } from './scale-prelude.ts';

export const averagePool: Kernel = {
  emit(context) {
    const { node, pointer } = context;
    const x = input(node, 0);
    const attrs = attrsOf(qlinearAveragePool, node);
    const geometry = poolGeometry(shapeOf(x), shapeOf(node.output), attrs);
    const { zeroPoint } = affineOf(x.type, 'x');
    const types = { type: cType(x.type.dtype), register: 'int32_t' };
    const params = [`const ${types.type} *x`, `${cType(attrs.y_dtype)} *y`];
    const hint = `q_average_pool_${geometry.out.join('x')}`;
    const args = [pointer(x), pointer(node.output)];
    if (dividesByCount(x.type, attrs)) {
      const body = poolBody(geometry, {
        ...types,
        start: ['int32_t sum = 0;', 'int32_t count = 0;'],
        element: ['sum += e;', 'count++;'],
        finish: [
          'count = count < 1 ? 1 : count;',
          'sum = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;',
          poolStore(geometry, limited(`sum${plus(-zeroPoint)}`, attrs)),
        ],
      });
      return { fn: { hint, params, body, needs: [limitPrelude] }, args, form: 'divided' };
    }
    const most = geometry.kernel[0] * geometry.kernel[1];
    const multipliers = Array.from({ length: most }, (_, i) => poolMultiplier(x.type, i + 1, attrs));
    const scale = outputScale(context, { multipliers, wide: false, attrs });
    const counted = attrs.count_include_pad
      ? [...countedLines(geometry), 'const int counted = high * wide;']
      : ['const int counted = count;'];
    const body = poolBody(geometry, {
      ...types,
      start: ['int32_t sum = 0;', 'int count = 0;'],
      element: [`sum += e${plus(-zeroPoint)};`, 'count++;'],
      finish: [
        ...counted,
        'const int at = counted < 1 ? 0 : counted - 1;',
        ...(attrs.count_include_pad ? ['(void)count;'] : []),
        poolStore(geometry, scale.output('sum', 'at')),
      ],
    });
    const [first = '', last = ''] = params;
    const fn = { hint, params: [first, ...scale.params, last], body, needs: scale.needs };
    return { fn, args: [args[0] ?? '', ...scale.args, args[1] ?? ''] };
  },
};

/** How a kernel adds a plane of int8 up. */
export interface PlaneSum {
  /** Lines that add the `pixels` elements from `x` on to `sum`, and leave x after them. */
  readonly lines: (pixels: number) => readonly string[];
  readonly needs: readonly Prelude[];
}

const plainSum: PlaneSum = { lines: (pixels) => loop('t', pixels, ['sum += *x++;']), needs: [] };

/** Means of int8 planes with sums of a device's own. */
export function globalMean(planeSum: PlaneSum): Kernel {
  return {
    accepts: ({ inputs }) => inputs[0]?.type.dtype === 'i8',
    emit: (context) => meanCall(context, planeSum),
  };
}

export const globalAveragePool: Kernel = { emit: (context) => meanCall(context, plainSum) };

function meanCall(context: KernelContext, { lines, needs }: PlaneSum): KernelCall {
  const { node, pointer } = context;
  const x = input(node, 0);
  const attrs = attrsOf(qlinearGlobalAveragePool, node);
  const [batch = 1, channels = 1, height = 1, width = 1] = shapeOf(x);
  const plane = height * width;
  const { zeroPoint } = affineOf(x.type, 'x');
  const multipliers = [meanMultiplier(x.type, plane, attrs)];
  const scale = outputScale(context, { multipliers, wide: false, attrs });
  return {
    fn: {
      hint: `q_mean_${channels}x${height}x${width}`,
      params: [
        `const ${cType(x.type.dtype)} *x`,
        'int32_t start',
        ...scale.params,
        `${cType(attrs.y_dtype)} *y`,
      ],
      body: loop('p', batch * channels, [
        'int32_t sum = start;',
        ...lines(plane),
        `y[p] = ${scale.output('sum', '0')};`,
      ]),
      needs: [...needs, ...scale.needs],
    },
    args: [pointer(x), String(-zeroPoint * plane), ...scale.args, pointer(node.output)],
  };
}
