import { bannerText, type ProgramFacts, runSignature } from './header-text.ts';
import { type Lanes, vectorPrelude } from './lanes.ts';
import { parameterNames } from './run-parameters.ts';
import { indent } from './text/indent.ts';
import { weightDeclaration } from './weight-files.ts';

interface SourceParts {
  readonly lanes: Lanes;
  /** The kernels. */
  readonly functions: string;
  /** Calls and comments of the run function. */
  readonly steps: readonly string[];
}

export function sourceText(facts: ProgramFacts, { lanes, functions, steps }: SourceParts): string {
  return [
    bannerText(facts),
    '#include <math.h>',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    `#include "${facts.name}.h"`,
    '',
    ...contraction,
    '',
    ...(facts.weightBytes ? [indent(weightDeclaration(facts.name, facts.weightBytes / 4)), ''] : []),
    ...(lanes.vector ? [indent(vectorPrelude), ''] : []),
    functions,
    '',
    indent(runFunction(facts, steps)),
    '',
  ].join('\n');
}

/** a * b + c may be one fused multiply-add: fewer instructions, one rounding less. */
const contraction = [
  '#if defined(__clang__)',
  '#pragma STDC FP_CONTRACT ON',
  '#elif defined(__GNUC__)',
  '#pragma GCC optimize("fp-contract=fast")',
  '#endif',
];

function runFunction(facts: ProgramFacts, steps: readonly string[]): string[] {
  const upper = facts.name.toUpperCase();
  const buffers = [
    ...parameterNames('in', facts.inputs.length),
    ...parameterNames('out', facts.outputs.length),
  ];
  const uses = (pattern: RegExp): boolean =>
    steps.some((step) => !step.startsWith('/*') && pattern.test(step));
  return [
    `int ${runSignature(facts)}`,
    '{',
    ...(uses(/\(.*\ba \+ /) ? ['float *const a = (float *)arena;'] : []),
    ...(uses(/\(.*\bw \+ /) ? [`const float *const w = ${facts.name}_weights.f;`] : []),
    `if (${['arena', ...buffers].map((name) => `${name} == NULL`).join(' || ')}) {`,
    `return ${upper}_E_NULL;`,
    '}',
    `if (((uintptr_t)arena & 15u) != 0u || ((${buffers.map((name) => `(uintptr_t)${name}`).join(' | ')}) & 3u) != 0u) {`,
    `return ${upper}_E_ALIGN;`,
    '}',
    '',
    ...steps,
    '',
    `return ${upper}_OK;`,
    '}',
  ];
}
