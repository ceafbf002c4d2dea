import { byteSize } from '@ghostc/ir';
import { byteOrderCheck } from './byte-order.ts';
import { checkFunction } from './check-weights.ts';
import { guardedLines } from './guarded.ts';
import { bannerText, isBuffer, type ProgramFacts, runSignature } from './header-text.ts';
import { type Lanes, vectorPrelude } from './lanes.ts';
import { parameterNames } from './run-parameters.ts';
import { indent } from './text/indent.ts';
import { memoryPointers, opaquePointers } from './typed-memory.ts';
import { wasmMath } from './wasm-math.ts';
import { weightBase, weightDeclaration } from './weight-files.ts';

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
    ...(facts.device === 'wasm32' ? [] : ['#include <math.h>']),
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    `#include "${facts.name}.h"`,
    '',
    ...byteOrderCheck(facts),
    ...(facts.noUnaligned ? [...alignedOnly, ''] : []),
    ...contraction,
    '',
    ...kernelMacro,
    '',
    ...layerMacro,
    '',
    ...(facts.device === 'wasm32' ? [...wasmOnly, wasmMath(functions), ''] : []),
    ...(facts.weightBytes ? [indent(weightDeclaration(facts)), '', ...opaquePointers, ''] : []),
    ...(lanes.vector && /\b(vecf|LANES|LOAD|STORE|SPLAT|RELU|lane_sum)\b/.test(functions)
      ? [guardedLines('lanes', vectorPrelude), '']
      : []),
    functions,
    '',
    indent(runFunction(facts, steps)),
    ...(facts.form === 'external' ? ['', checkFunction(facts)] : []),
    '',
  ].join('\n');
}

/** Without these flags Clang writes loops as calls of functions that are not there, or kernels without vectors. */
const wasmOnly = [
  '#if !defined(__wasm_bulk_memory__) || !defined(__wasm_simd128__)',
  '#error "compile with clang --target=wasm32 -mbulk-memory -msimd128"',
  '#endif',
  '',
];

/** Copies of words that memcpy stands for, and loads that a compiler joins, are unaligned where it may have them so. */
const alignedOnly = [
  '#if defined(__ARM_FEATURE_UNALIGNED)',
  '#error "compiled with ghostc --no-unaligned: add -mno-unaligned-access"',
  '#endif',
];

/** Kernels that are called once would share their registers with the run function. */
const kernelMacro = [
  '#if defined(__GNUC__)',
  '#define KERNEL static __attribute__((noinline))',
  '#define GHOSTC_UNUSED __attribute__((unused))',
  '#else',
  '#define KERNEL static',
  '#define GHOSTC_UNUSED',
  '#endif',
];

/** Called before each layer: a build can count or measure by defining it, `-include layers.h -DGHOSTC_LAYER=on_layer`. */
const layerMacro = ['#if !defined(GHOSTC_LAYER)', '#define GHOSTC_LAYER(layer) ((void)0)', '#endif'];

/** a * b + c may be one fused multiply-add: fewer instructions, one rounding less. */
const contraction = [
  '#if defined(__clang__)',
  '#pragma STDC FP_CONTRACT ON',
  '#elif defined(__GNUC__)',
  '#pragma GCC optimize("fp-contract=fast")',
  '#endif',
];

/** ` || ((in | out) & 3) != 0` for the buffers of each element size above one byte. */
function misaligned({ inputs, outputs }: ProgramFacts, buffers: readonly string[]): string {
  const sizes = [...inputs, ...outputs].filter(isBuffer).map(({ dtype }) => byteSize(dtype));
  return [...new Set(sizes)]
    .filter((size) => size > 1)
    .map((size) => {
      const names = buffers.filter((_, i) => sizes[i] === size).map((name) => `(uintptr_t)${name}`);
      return ` || ((${names.join(' | ')}) & ${size - 1}u) != 0u`;
    })
    .join('');
}

function runFunction(facts: ProgramFacts, steps: readonly string[]): string[] {
  const upper = facts.name.toUpperCase();
  const buffers = [
    ...parameterNames('in', facts.inputs.filter(isBuffer).length),
    ...parameterNames('out', facts.outputs.filter(isBuffer).length),
  ];
  const external = facts.form === 'external' ? ['weights'] : [];
  return [
    `int ${runSignature(facts)}`,
    '{',
    ...memoryPointers(weightBase(facts), steps, facts.weightTypes),
    `if (${['arena', ...external, ...buffers].map((name) => `${name} == NULL`).join(' || ')}) {`,
    `return ${upper}_E_NULL;`,
    '}',
    `if (((${['arena', ...external].map((name) => `(uintptr_t)${name}`).join(' | ')}) & 15u) != 0u${misaligned(facts, buffers)}) {`,
    `return ${upper}_E_ALIGN;`,
    '}',
    '',
    ...steps,
    '',
    `return ${upper}_OK;`,
    '}',
  ];
}
