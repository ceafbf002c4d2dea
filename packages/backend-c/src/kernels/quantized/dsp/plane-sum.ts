import { range } from '../../../text/range.ts';
import type { PlaneSum } from '../pool.ts';
import { dspPrelude } from './prelude.ts';

/** Four pixels to two instructions: products of pairs with ones. */
export const dspPlaneSum: PlaneSum = {
  lines: (pixels) => {
    const whole = Math.floor(pixels / 4);
    const rest = pixels % 4;
    return [
      ...(whole
        ? [
            `for (int t = 0; t < ${whole}; t++) {`,
            'const int32_t v = load4(x);',
            'sum = __smlad(even_bytes(v), 0x10001, sum);',
            'sum = __smlad(odd_bytes(v), 0x10001, sum);',
            'x += 4;',
            '}',
          ]
        : []),
      ...(rest
        ? [
            `sum += ${range(rest)
              .map((i) => `x[${i}]`)
              .join(' + ')};`,
            `x += ${rest};`,
          ]
        : []),
    ];
  },
  needs: [dspPrelude],
};
