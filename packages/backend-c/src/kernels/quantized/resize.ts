import { attrsOf, type BilinearTap, bilinearTaps, qlinearResize } from '@ghostc/ops';
import { cType } from '../../c-type.ts';
import type { Kernel } from '../../kernel.ts';
import { loop } from '../../text/loops.ts';
import { input, shapeOf } from '../operands.ts';

/** Bilinear: the source positions and weights of both axes are in tables. */
export const resize: Kernel = {
  emit({ node, pointer }) {
    const x = input(node, 0);
    const attrs = attrsOf(qlinearResize, node);
    const [batch = 1, channels = 1, height = 1, width = 1] = shapeOf(x);
    const [outHeight = 1, outWidth = 1] = attrs.sizes;
    const type = cType(x.type.dtype);
    const sum = x.type.dtype === 'i16' ? 'int64_t' : 'int32_t';
    return {
      fn: {
        hint: `q_resize_${outHeight}x${outWidth}`,
        params: [`const ${type} *x`, `${type} *y`],
        body: [
          ...tables('r', bilinearTaps({ size: height, out: outHeight }, attrs)),
          ...tables('c', bilinearTaps({ size: width, out: outWidth }, attrs)),
          ...loop('p', batch * channels, [
            ...loop('i', outHeight, [
              `const ${type} *low = x + r0[i] * ${width};`,
              `const ${type} *high = x + r1[i] * ${width};`,
              ...loop('j', outWidth, [
                'const int32_t f = cf[j];',
                `const ${sum} u = low[c0[j]] * (1024 - f) + low[c1[j]] * f;`,
                `const ${sum} v = high[c0[j]] * (1024 - f) + high[c1[j]] * f;`,
                `const ${sum} s = u * (1024 - rf[i]) + v * rf[i];`,
                `*y++ = (${type})((s + (s > 0 ? 524288 : -524288)) / 1048576);`,
              ]),
            ]),
            `x += ${height * width};`,
          ]),
        ],
      },
      args: [pointer(x), pointer(node.output)],
    };
  },
};

function tables(name: string, taps: readonly BilinearTap[]): string[] {
  const table = (suffix: string, values: readonly number[]): string =>
    `static const int32_t ${name}${suffix}[${values.length}] = { ${values.join(', ')} };`;
  return [
    table(
      '0',
      taps.map(({ low }) => low),
    ),
    table(
      '1',
      taps.map(({ high }) => high),
    ),
    table(
      'f',
      taps.map(({ part }) => part),
    ),
  ];
}
