import type { Rounding } from '@ghostc/ops';
import type { Prelude } from '../../../kernel.ts';

/** The library's header, in the build that rounds as the model does. */
export function cmsisPrelude(rounding: Rounding): Prelude {
  const single = rounding === 'single';
  return {
    name: `cmsis-nn-${rounding}`,
    lines: [
      '#include "arm_nnfunctions.h"',
      '',
      `/* ${single ? 'Results are rounded once' : 'Results are rounded twice'}: CMSIS-NN and this file have to be built so. */`,
      `#if ${single ? '!' : ''}defined(CMSIS_NN_USE_SINGLE_ROUNDING)`,
      `#error "this model needs CMSIS-NN ${single ? 'with' : 'without'} CMSIS_NN_USE_SINGLE_ROUNDING"`,
      '#endif',
    ],
  };
}
