import type { PlaneSum } from '../pool.ts';
import { mvePrelude } from './prelude.ts';

/** 16 pixels an instruction. */
export const mvePlaneSum: PlaneSum = {
  lines: (pixels) => {
    const whole = pixels - (pixels % 16);
    const rest = pixels % 16;
    return [
      ...(whole
        ? [
            `for (int t = 0; t < ${whole}; t += 16) {`,
            'sum = vaddvaq_s8(sum, vldrbq_s8(x));',
            'x += 16;',
            '}',
          ]
        : []),
      ...(rest ? [`sum = vaddvaq_s8(sum, vldrbq_z_s8(x, vctp8q(${rest})));`, `x += ${rest};`] : []),
    ];
  },
  needs: [mvePrelude],
};
