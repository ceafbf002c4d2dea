import { type CTensor, constantArray, cType } from '@ghostc/backend-c';
import type { Tensor } from '@ghostc/ir';

/** The data of a C program that compares: tensors in the order of its inputs and outputs, what rounding explains of each output. */
export interface MainContent {
  readonly inputs: readonly CTensor[];
  readonly outputs: readonly CTensor[];
  readonly given: readonly Tensor[];
  readonly expected: readonly Tensor[];
  readonly allowed: readonly Float64Array[];
}

/** `cc main.c model.c model_weights.c -lm && ./a.out` prints every element that is off, and leaves with 1 if there is one. */
export function reproductionMain({ inputs, outputs, given, expected, allowed }: MainContent): string {
  const args = ['arena', ...inputs.map((_, i) => `in${i}`), ...outputs.map((_, i) => `out${i}`)];
  return `/* cc main.c model.c model_weights.c -lm && ./a.out */
#include "model.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>

${inputs.flatMap(({ dtype }, i) => constantArray(`in${i}`, dtype, given[i]?.data ?? [])).join('\n')}
${outputs.flatMap((_, i) => constantArray(`want${i}`, 'f64', expected[i]?.data ?? [])).join('\n')}
${outputs.flatMap((_, i) => constantArray(`allowed${i}`, 'f64', allowed[i] ?? [])).join('\n')}
${outputs.map((slot, i) => `static ${cType(slot.dtype)} out${i}[${Math.max(1, slot.elements)}];`).join('\n')}
static unsigned char arena[MODEL_ARENA_SIZE] __attribute__((aligned(MODEL_ARENA_ALIGN)));

static int same(double want, double got, double allowed)
{
  return want == got || (isnan(want) && isnan(got)) || fabs(want - got) <= allowed;
}

int main(void)
{
  int failed = 0;
  int differ = 0;
  if (model_run(${args.join(', ')}) != 0) {
    puts("model_run failed");
    return 1;
  }
${outputs.map(compareLoop).join('')}  return failed;
}
`;
}

function compareLoop(slot: CTensor, i: number): string {
  return `  differ = 0;
  for (int i = 0; i < ${slot.elements}; i++) {
    if (!same(want${i}[i], (double)out${i}[i], allowed${i}[i])) {
      printf("output ${i}[%d]: expected %.9g, found %.9g, rounding explains %.3g\\n", i, want${i}[i], (double)out${i}[i], allowed${i}[i]);
      differ++;
    }
  }
  printf("output ${i}: %d of ${slot.elements} elements differ\\n", differ);
  failed |= differ != 0;
`;
}
