import { CompileError } from '@ghostc/ir';
import { byteOrderCheck } from './byte-order.ts';
import type { Device, WeightForm } from './c-program.ts';
import type { ProgramFacts } from './header-text.ts';
import { indent } from './text/indent.ts';
import { weightMembers } from './typed-memory.ts';

/** Declaration that code and data share, also in one translation unit. The union lets hex words be read as floats without a cast. */
export function weightDeclaration({ name, weightBytes, weightTypes, form }: WeightFacts): string[] {
  const external = form === 'external' || form === 'fetch';
  const macro = `${name.toUpperCase()}_WEIGHTS_DATA`;
  return [
    `#if !defined(${macro})`,
    `#define ${macro}`,
    `${external ? '' : 'extern const '}union ${name}_weights_data {`,
    `uint32_t u[${weightBytes / 4}];`,
    ...weightMembers(weightTypes, weightBytes),
    external ? '};' : `} ${name}_weights;`,
    '#endif',
  ];
}

/** C up to a member of the union: the symbol, or the parameter of the run function. */
export function weightBase({ name, form }: WeightFacts): string {
  return form === 'external' || form === 'fetch'
    ? `((const union ${name}_weights_data *)weights)->`
    : `${name}_weights.`;
}

type WeightFacts = Pick<ProgramFacts, 'name' | 'weightBytes' | 'weightTypes' | 'form' | 'weightSection'>;

/** Files that define `<name>_weights`. */
export function weightFiles(facts: WeightFacts, words: Uint32Array): [string, string | Uint8Array][] {
  const { name, form } = facts;
  if (words.length === 0) return [];
  if (form === 'c') return [[`${name}_weights.c`, weightSource(facts, words)]];
  const binary: [string, Uint8Array] = [
    `${name}_weights.bin`,
    new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
  ];
  return form === 'external' || form === 'fetch'
    ? [binary]
    : [binary, [`${name}_weights.S`, weightAssembly(facts)]];
}

function weightSource(facts: WeightFacts, words: Uint32Array): string {
  const { name, weightTypes } = facts;
  const what =
    weightTypes.size === 1 && weightTypes.has('f32') ? 'float32 values as IEEE 754 bit patterns' : 'words';
  const head = [
    `/* Weights of ${name}: ${words.length} ${what}. */`,
    '#include <stdint.h>',
    '',
    ...byteOrderCheck(facts),
    ...weightDeclaration(facts),
    '',
    '#if defined(__GNUC__)',
    `__attribute__((${facts.weightSection ? `section("${facts.weightSection}"), ` : ''}aligned(16)))`,
    '#endif',
    `const union ${name}_weights_data ${name}_weights = { {`,
  ];
  return `${indent(head)}\n${hexWords(words)}\n} };\n`;
}

function hexWords(words: Uint32Array): string {
  const lines: string[] = [];
  for (let from = 0; from < words.length; from += 8) {
    let line = '';
    for (const word of words.subarray(from, from + 8)) line += `0x${word.toString(16).padStart(8, '0')}u,`;
    lines.push(line);
  }
  return lines.join('\n');
}

/** GNU assembler; the path of the binary is found through -I. */
function weightAssembly(facts: WeightFacts): string {
  const { name, weightSection = `.rodata.${name}_weights` } = facts;
  return `/* Weights of ${name}: little-endian. Assemble with -I set to the folder of the .bin file. */
${byteOrderCheck(facts).join('\n')}#if defined(__APPLE__)
#define SYMBOL _${name}_weights
.const_data
#else
#define SYMBOL ${name}_weights
.section ${weightSection},"a",%progbits
.type SYMBOL, %object
#endif
.globl SYMBOL
.balign 16
SYMBOL:
.incbin "${name}_weights.bin"
#if !defined(__APPLE__)
.size SYMBOL, . - SYMBOL
.section .note.GNU-stack,"",%progbits
#endif
`;
}

/** Weights beyond this many bytes go to a binary file. */
const largeWeights = 1 << 20;

/** An object file of WebAssembly has no place for a binary file. */
export function weightForm(form: WeightForm | undefined, device: Device, bytes: number): WeightForm {
  const binary = device === 'wasm32' ? 'external' : 'bin';
  if (form !== 'bin' || binary === 'bin') return form ?? (bytes > largeWeights ? binary : 'c');
  throw new CompileError(
    'backend-c/weights',
    'WebAssembly cannot include a binary file; expected weights c or external for wasm32, found bin',
  );
}
