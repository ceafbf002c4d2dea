import type { BisectReport } from '@ghostc/bisect';
import { compileC, type OutputFiles } from '@ghostc/compiler';
import { saveOnnx } from '@ghostc/edit';
import { printGraph, type Tensor, toNumbers } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';

export interface Reproduction {
  /** `model.onnx`, `model.gir`, and C with a main that compares. */
  readonly files: OutputFiles;
  /** `input_N.pb`, and `output_N.pb` as the first runtime has them. */
  readonly data: OutputFiles;
}

/** What somebody else needs to see the difference: the model, its data, and a C program that exits with 1 where C differs. */
export function reproductionFiles({
  graph,
  inputs,
  outcome,
}: NonNullable<BisectReport['smallest']>): Reproduction {
  const given = graph.inputs.map(({ name }) => inputs.get(name) as Tensor);
  const expected = graph.outputs.map(({ name }) => outcome.a.get(name) as Tensor);
  const program = compileC(graph, { name: 'model', weights: 'c' });
  const files = new Map<string, string | Uint8Array>(program.files);
  files.set('model.onnx', saveOnnx(graph));
  files.set('model.gir', printGraph(graph, registry).text);
  files.set('main.c', mainText(given, expected));
  const data = new Map([
    ...given.map((tensor, i): [string, Uint8Array] => [`input_${i}.pb`, writeTensorProto(tensor)]),
    ...expected.map((tensor, i): [string, Uint8Array] => [`output_${i}.pb`, writeTensorProto(tensor)]),
  ]);
  return { files, data };
}

/** `cc main.c model.c model_weights.c -lm && ./a.out` prints the element that is furthest off. */
function mainText(inputs: readonly Tensor[], expected: readonly Tensor[]): string {
  const array = (name: string, tensor: Tensor): string =>
    `static const float ${name}[] = {${Array.from(toNumbers(tensor), (v) => floatText(Number(v))).join(', ')}};`;
  const outputs = expected.map((tensor, i) => `static float out${i}[${Math.max(1, tensor.data.length)}];`);
  const args = ['arena', ...inputs.map((_, i) => `in${i}`), ...expected.map((_, i) => `out${i}`)];
  return `/* cc main.c model.c model_weights.c -lm && ./a.out */
#include "model.h"
#include <math.h>
#include <stdio.h>

${inputs.map((tensor, i) => array(`in${i}`, tensor)).join('\n')}
${expected.map((tensor, i) => array(`want${i}`, tensor)).join('\n')}
${outputs.join('\n')}
static unsigned char arena[MODEL_ARENA_SIZE] __attribute__((aligned(MODEL_ARENA_ALIGN)));

static int compare(const char *name, const float *want, const float *got, int count)
{
  int worst = 0;
  for (int i = 0; i < count; i++) {
    if (!(fabsf(got[i] - want[i]) <= fabsf(got[worst] - want[worst]))) {
      worst = i;
    }
  }
  printf("%s[%d]: expected %.9g, found %.9g\\n", name, worst, (double)want[worst], (double)got[worst]);
  return got[worst] != want[worst];
}

int main(void)
{
  int differ = model_run(${args.join(', ')});
${expected.map((tensor, i) => `  differ |= compare("output ${i}", want${i}, out${i}, ${tensor.data.length});`).join('\n')}
  return differ;
}
`;
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY';
  const text = String(value);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}
