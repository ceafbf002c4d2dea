import { type CTensor, cType } from '@ghostc/backend-c';
import { byteSize, type Tensor, toNumbers } from '@ghostc/ir';

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

${inputs.map((slot, i) => array(`in${i}`, cType(slot.dtype), elements(given[i]))).join('\n')}
${outputs.map((_, i) => array(`want${i}`, 'double', elements(expected[i]))).join('\n')}
${outputs.map((_, i) => array(`allowed${i}`, 'double', Array.from(allowed[i] ?? []))).join('\n')}
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

/** Numbers as C holds them: codes of small floats stay codes. */
function elements(tensor: Tensor | undefined): (number | bigint)[] {
  if (!tensor) return [];
  const coded = tensor.data instanceof Uint16Array || byteSize(tensor.dtype) === 1;
  return Array.from<number | bigint>(coded || tensor.dtype.endsWith('64') ? tensor.data : toNumbers(tensor));
}

function array(name: string, type: string, values: readonly (number | bigint)[]): string {
  const texts = values.length ? values.map((value) => literal(value, type)) : ['0'];
  return `static const ${type} ${name}[] = {${texts.join(', ')}};`;
}

function literal(value: number | bigint, type: string): string {
  if (type === 'float' || type === 'double') return floatText(Number(value), type === 'float' ? 'f' : '');
  if (value === -(2n ** 63n)) return 'INT64_MIN';
  return type === 'uint64_t' ? `${value}u` : String(value);
}

function floatText(value: number, suffix: string): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY';
  const text = String(value);
  return `${/[.e]/.test(text) ? text : `${text}.0`}${suffix}`;
}
