import { byteOrderCheck } from './byte-order.ts';
import { checkFunction } from './check-weights.ts';
import { asksForAvx, copies, copyCalls, dispatchMacro } from './dispatch.ts';
import { fetchParameters } from './fetch-text.ts';
import { guardedLines } from './guarded.ts';
import { bannerText, isFile, type ProgramFacts, parametersText, runSignature } from './header-text.ts';
import { type Lanes, vectorPrelude } from './lanes.ts';
import { layerTable, observedSignature } from './observer-text.ts';
import { runParameters } from './run-parameters.ts';
import { indent } from './text/indent.ts';
import {
  type StageLines,
  stageFunction,
  taskArguments,
  threadedSignature,
  threadPrelude,
} from './thread-text.ts';
import { memoryPointers, opaquePointers } from './typed-memory.ts';
import { wasmMath } from './wasm-math.ts';
import { weightBase, weightDeclaration } from './weight-files.ts';

interface SourceParts {
  readonly lanes: Lanes;
  /** The kernels. */
  readonly functions: string;
  /** Calls and comments of the run function. */
  readonly steps: readonly string[];
  /** What threads compute at the same time. */
  readonly stages: readonly StageLines[];
}

export function sourceText(
  facts: ProgramFacts,
  { lanes, functions: kernels, steps: all, stages }: SourceParts,
): string {
  const { parts: pieces, steps } = inParts(facts, all);
  const parts = [...stageFunctions(facts, stages), ...pieces];
  const functions = [...lanePrelude(lanes, kernels), kernels].join('\n');
  const own = [functions, ...parts].join('\n');
  const entry = entryOf(facts);
  const dispatches = facts.device === 'host' && asksForAvx(functions);
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
    ...(stages.length ? [indent(threadPrelude(facts, runParameters(facts))), ''] : []),
    ...(facts.device === 'wasm32' ? [...wasmOnly, wasmMath(functions), ''] : []),
    ...(dispatches ? [...dispatchMacro, ''] : []),
    ...(facts.weightBytes ? [indent(weightDeclaration(facts)), '', ...opaquePointers, ''] : []),
    functions,
    '',
    ...(facts.observer ? [indent(layerTable(facts)), ''] : []),
    ...parts,
    ...(dispatches ? dispatchedCopies(facts, own, steps).flatMap((copy) => [copy, '']) : []),
    indent(runFunction(facts, steps, dispatches ? copyCalls(entry.name, entry.parameters) : [])),
    ...(entry.name === `${facts.name}_run` ? [] : ['', indent(plainRun(facts))]),
    ...(isFile(facts.form) ? ['', checkFunction(facts)] : []),
    '',
  ].join('\n');
}

function lanePrelude({ vector }: Lanes, functions: string): string[] {
  const used = vector && /\b(vecf|LANES|LOAD|STORE|SPLAT|RELU|lane_sum)\b/.test(functions);
  return used ? [guardedLines('lanes', vectorPrelude), ''] : [];
}

/** Lines of steps in one function, about 1,000 layers: GCC takes quadratic time over its calls, 1 s for these. */
const MOST_LINES = 3000;

/** C99 guarantees this many; with more, each part would list them all. */
const MOST_PARAMETERS = 127;

/** Many steps as functions with the parameters of the run function, and the calls of these. */
function inParts(
  facts: ProgramFacts,
  steps: readonly string[],
): { parts: string[]; steps: readonly string[] } {
  const { signature, parameters } = entryOf(facts);
  if (steps.length <= MOST_LINES || parameters.length > MOST_PARAMETERS) return { parts: [], steps };
  const list = signature.slice(signature.indexOf('('));
  const nameOf = (i: number): string => `${facts.name}_k_part_${i + 1}`;
  const pieces = cut(steps);
  return {
    parts: pieces.flatMap((lines, i) => {
      const body = usedIn(parameters, [...pointers(facts, lines), ...layers(facts, lines)]);
      return [indent([`KERNEL int ${nameOf(i)}${list}`, '{', ...body, '}']), ''];
    }),
    steps: pieces.flatMap((_, i) => [
      `${i ? '' : 'int '}status = ${nameOf(i)}(${parameters.join(', ')});`,
      'if (status != 0) {',
      'return status;',
      '}',
    ]),
  };
}

/** Pieces of about MOST_LINES that end between steps. */
function cut(steps: readonly string[]): string[][] {
  const pieces: string[][] = [[]];
  let depth = 0;
  for (const line of steps) {
    if (depth === 0 && line.startsWith('/*') && (pieces.at(-1)?.length ?? 0) >= MOST_LINES) pieces.push([]);
    pieces.at(-1)?.push(line);
    if (!line.startsWith('/*')) depth += line.split('{').length - line.split('}').length;
  }
  return pieces;
}

/** A body, after casts of the parameters that it does not read. */
function usedIn(parameters: readonly string[], body: readonly string[]): string[] {
  const text = body.join('\n');
  const unused = parameters.filter((one) => !new RegExp(`\\b${one}\\b`).test(text));
  return [...unused.map((one) => `(void)${one};`), ...body];
}

/** Kernels and layers once more for each level of instructions, as a function of the same parameters. */
function dispatchedCopies(facts: ProgramFacts, functions: string, steps: readonly string[]): string[] {
  const { name, signature, parameters } = entryOf(facts);
  const body = [...pointers(facts, steps), ...layers(facts, steps)];
  const run = [`static int ${signature}`, '{', ...usedIn(parameters, body), '}'];
  return copies(`${functions}\n\n${indent(run)}`, functions, name);
}

/** Copies of words by memcpy, and loads that a compiler merges, are unaligned if it is allowed to. */
const alignedOnly = [
  '#if defined(__ARM_FEATURE_UNALIGNED)',
  '#error "compiled with ghostc --no-unaligned: add -mno-unaligned-access"',
  '#endif',
];

/**
 * Without these flags Clang writes loops as calls of functions that are not there, or kernels without vectors. With them,
 * copies are instructions.
 */
const wasmOnly = [
  '#if !defined(__wasm_bulk_memory__) || !defined(__wasm_simd128__)',
  '#error "compile with clang --target=wasm32 -mbulk-memory -msimd128"',
  '#endif',
  '#define memcpy __builtin_memcpy',
  '#define memset __builtin_memset',
  '',
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
  '#if defined(__arm__)',
  '/* Loops in assembly take all registers. */',
  '#pragma GCC optimize("omit-frame-pointer")',
  '#endif',
  '#endif',
];

/** `((in | out) & 3u) != 0u` for the parameters of each alignment above one byte. */
function misaligned(facts: ProgramFacts): string {
  const parameters = runParameters(facts);
  return [...new Set(parameters.map(({ align }) => align))]
    .filter((align) => align > 1)
    .map((align) => {
      const aligned = parameters.filter((one) => one.align === align).map(({ name }) => `(uintptr_t)${name}`);
      return `((${aligned.join(' | ')}) & ${align - 1}u) != 0u`;
    })
    .join(' || ');
}

/** The function that has the layers. */
interface Entry {
  readonly name: string;
  readonly signature: string;
  /** Names. */
  readonly parameters: readonly string[];
}

function entryOf(facts: ProgramFacts): Entry {
  const { name, observer, threads } = facts;
  const parameters = parametersOf(facts);
  if (threads > 1)
    return {
      name: `${name}_run_on`,
      signature: threadedSignature(name, parametersText(facts)),
      parameters: [...parameters, 'parallel_for', 'context'],
    };
  if (!observer) return { name: `${name}_run`, signature: runSignature(facts), parameters };
  return {
    name: `${name}_run_observed`,
    signature: observedSignature(name, parametersText(facts)),
    parameters: [...parameters, 'observer', 'context'],
  };
}

/** The run function where another one has the layers. */
function plainRun(facts: ProgramFacts): string[] {
  const given = [...parametersOf(facts), 'NULL', 'NULL'];
  return [`int ${runSignature(facts)}`, '{', `return ${entryOf(facts).name}(${given.join(', ')});`, '}'];
}

/** Names of the parameters of the run function. */
function parametersOf(facts: ProgramFacts): string[] {
  return [...runParameters(facts), ...fetchParameters(facts)].map(({ name }) => name);
}

function pointers(facts: ProgramFacts, steps: readonly string[]): string[] {
  const memory = memoryPointers(weightBase(facts), steps, facts.weightTypes);
  const calls = steps.some((step) => step.startsWith('parallel_for('));
  return [...memory, ...(calls ? taskArguments(facts.name, runParameters(facts)) : [])];
}

function stageFunctions(facts: ProgramFacts, stages: readonly StageLines[]): string[] {
  return stages.flatMap((lists, i) => {
    const given = { lists, pointers: pointers(facts, lists.flat()), parameters: runParameters(facts) };
    return [indent(stageFunction(facts, i + 1, given)), ''];
  });
}

function layers({ name }: ProgramFacts, steps: readonly string[]): string[] {
  return ['', ...steps, '', `return ${name.toUpperCase()}_OK;`];
}

function runFunction(facts: ProgramFacts, steps: readonly string[], choice: readonly string[]): string[] {
  const upper = facts.name.toUpperCase();
  const { signature, parameters } = entryOf(facts);
  const body = [
    ...pointers(facts, steps),
    `if (${parametersOf(facts)
      .filter((name) => name !== 'source')
      .map((name) => `${name} == NULL`)
      .join(' || ')}) {`,
    `return ${upper}_E_NULL;`,
    '}',
    `if (${misaligned(facts)}) {`,
    `return ${upper}_E_ALIGN;`,
    '}',
    ...choice,
    ...layers(facts, steps),
  ];
  return [`int ${signature}`, '{', ...usedIn(parameters, body), '}'];
}
