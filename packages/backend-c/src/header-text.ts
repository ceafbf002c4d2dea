import { formatType } from '@ghostc/ir';
import type { CLayer, CTensor, Device, WeightForm } from './c-program.ts';
import { fetchDeclaration, fetchMacro, fetchParameters } from './fetch-text.ts';
import { observerDeclarations } from './observer-text.ts';
import { isBuffer, pointedType, runParameters } from './run-parameters.ts';
import { floatLiteral } from './text/float-literal.ts';
import { safeComment } from './text/safe-comment.ts';
import { threadDeclarations } from './thread-text.ts';
import type { StoredElement } from './typed-memory.ts';

/** What the header and the source state about a program. */
export interface ProgramFacts {
  readonly name: string;
  readonly device: Device;
  readonly inputs: readonly CTensor[];
  readonly outputs: readonly CTensor[];
  readonly arenaBytes: number;
  readonly lowerBound: number;
  readonly arenaGap: number;
  /** Can a layer fail: in a library that it calls? */
  readonly layersFail: boolean;
  readonly weightBytes: number;
  readonly weightHash: number;
  readonly weightCrc32: number;
  readonly noUnaligned: boolean;
  /** SHA-256 of the model and the options, in hex. */
  readonly sourceHash?: string | undefined;
  /** Element types of the constants. */
  readonly weightTypes: ReadonlySet<StoredElement>;
  readonly form: WeightForm;
  /** Bytes of the buffer that weights are fetched into; 0 where they are not. */
  readonly fetchBytes: number;
  /** What runs, in order. */
  readonly layers: readonly CLayer[];
  /** Is there a run function that calls an observer before each layer? */
  readonly observer: boolean;
  /** Threads that may compute at the same time: from 2 on there is a run function that uses them. */
  readonly threads: number;
  /** Linker section of the weights; read-only data if absent. */
  readonly weightSection?: string | undefined;
}

/** Flags that the kernels of a core are tuned for, as a comment line. */
const coreFlags: { readonly [D in Device]?: string } = {
  'cortex-m0plus': '-mcpu=cortex-m0plus -mthumb',
  'cortex-m3': '-mcpu=cortex-m3 -mthumb',
  'cortex-m4': '-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard',
  'cortex-m7': '-mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard',
  'cortex-m33': '-mcpu=cortex-m33 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard',
  'cortex-m55': '-mcpu=cortex-m55 -mthumb -mfloat-abi=hard',
  'cortex-m85': '-mcpu=cortex-m85 -mthumb -mfloat-abi=hard',
};

function buildAdvice({ device, noUnaligned }: ProgramFacts): string {
  if (device === 'wasm32') return wasmAdvice;
  const flags = coreFlags[device];
  if (!flags) return '';
  const strict = noUnaligned ? ' -mno-unaligned-access' : '';
  return `\n/* Tuned for GCC: -std=c99 -O2 ${flags}${strict} */${strict ? '' : unalignedNote}`;
}

const wasmAdvice = `
/* clang --target=wasm32 -O3 -msimd128 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--export=<function>: no C library is needed. */`;

const unalignedNote = `
/*
 * The compiler may load and store words at any address. Where that faults (CCR.UNALIGN_TRP, device memory of an MPU), compile
 * with -mno-unaligned-access; a file made by ghostc --no-unaligned insists on it.
 */`;

function hashMacro({ name, sourceHash }: ProgramFacts): string {
  if (!sourceHash) return '';
  return `\n/* Of the model and the options that this was compiled from. */\n#define ${name.toUpperCase()}_SOURCE_SHA256 "${sourceHash}"\n`;
}

export function headerText(facts: ProgramFacts): string {
  const upper = facts.name.toUpperCase();
  return `${bannerText(facts)}
#ifndef ${upper}_H
#define ${upper}_H
${buildAdvice(facts)}${typeInclude(facts)}${hashMacro(facts)}
/* Working memory in bytes, and its alignment. */
#define ${upper}_ARENA_SIZE ${facts.arenaBytes}
#define ${upper}_ARENA_ALIGN 16
${weightMacros(facts)}
/* Elements of the inputs and outputs, row-major, images NCHW.${offsetNote(facts)}${quantNote(facts)} */
${[...sizeLines(upper, 'IN', facts.inputs), ...sizeLines(upper, 'OUT', facts.outputs)].join('\n')}

#ifdef __cplusplus
extern "C" {
#endif

enum ${facts.name}_status {
  ${upper}_OK = 0,
  ${upper}_E_NULL = 1,  /* a pointer is NULL */
  ${upper}_E_ALIGN = 2${moreCodes(facts).length ? ',' : ' '} /* the arena is not aligned to ${upper}_ARENA_ALIGN, or a buffer not to its elements' size */${moreCodes(facts).join(',')}
};

${fetchDeclaration(facts)}${runComment(facts)}
int ${runSignature(facts)};
${facts.observer ? observerDeclarations({ ...facts, parameters: parametersText(facts) }) : ''}${facts.threads > 1 ? threadDeclarations(facts, parametersText(facts)) : ''}${checkDeclaration(facts)}
#ifdef __cplusplus
}
#endif

#endif
`;
}

function moreCodes({ name, layersFail, form, observer }: ProgramFacts): string[] {
  const code = (what: string, value: number, why: string): string =>
    `\n  ${name.toUpperCase()}_E_${what} = ${value} /* ${why} */`;
  return [
    ...(layersFail
      ? [code('LAYER', 3, 'CMSIS-NN refused a layer, or wants more working memory than it has')]
      : []),
    ...(isFile(form) ? [code('WEIGHTS', 4, 'the weights have another size or CRC-32')] : []),
    ...(observer ? [code('STOPPED', 5, 'the observer ended the run')] : []),
    ...(form === 'fetch' ? [code('FETCH', 6, 'a range of weights could not be fetched')] : []),
  ];
}

function weightMacros(facts: ProgramFacts): string {
  const { name, form, weightBytes, weightCrc32 } = facts;
  if (!isFile(form)) return '';
  const upper = name.toUpperCase();
  return `
/* Bytes of ${name}_weights.bin, and their CRC-32 (IEEE 802.3). */
#define ${upper}_WEIGHTS_SIZE ${weightBytes}
#define ${upper}_WEIGHTS_CRC32 0x${weightCrc32.toString(16).padStart(8, '0')}u
${fetchMacro(facts)}`;
}

function checkDeclaration(facts: ProgramFacts): string {
  if (!isFile(facts.form)) return '';
  return `
/* Whether ${facts.name}_run may have these weights: reads all of them, once. Returns an enum ${facts.name}_status. */
int ${checkSignature(facts)};

/* CRC-32 (IEEE 802.3) of bytes that come after others, whose CRC-32 is given: 0 at the start. */
${crcSignature(facts.name)};
`;
}

export function crcSignature(name: string): string {
  return `uint32_t ${name}_crc32(uint32_t crc, const unsigned char *bytes, size_t size)`;
}

export function checkSignature({ name, form }: ProgramFacts): string {
  const given =
    form === 'fetch'
      ? `void *weights, ${name}_fetch fetch, void *source`
      : 'const void *weights, size_t size';
  return `${name}_check_weights(${given})`;
}

function runComment({ name, inputs, outputs }: ProgramFacts): string {
  const upper = name.toUpperCase();
  if ([...inputs, ...outputs].some(isBuffer))
    return `/*
 * Runs the network once. The buffers must not overlap; inputs are only read. Reentrant: all state is in the arena, which
 * may be used for anything else between calls. Returns an enum ${name}_status.
 */`;
  return `/*
 * Runs the network once. Inputs and outputs are in the arena: write each input at arena + ${upper}_IN_OFFSET before every
 * call, which overwrites it; read each output at arena + ${upper}_OUT_OFFSET after it, before the next input is written.
 * Reentrant: all state is in the arena. Returns an enum ${name}_status.
 */`;
}

/** `<name>_run(void *arena, const float *in, float *out)`. */
export function runSignature(facts: ProgramFacts): string {
  return `${facts.name}_run(${parametersText(facts)})`;
}

/** `void *arena, const float *in, float *out`. */
export function parametersText(facts: ProgramFacts): string {
  const pointers = runParameters(facts).map((one) => `${pointedType(one)} *${one.name}`);
  return [...pointers, ...fetchParameters(facts).map(({ type, name }) => `${type}${name}`)].join(', ');
}

/** Does the caller have the weights as a file? */
export function isFile(form: WeightForm): boolean {
  return form === 'external' || form === 'fetch';
}

/** The header needs integer types only for integer buffers. */
function typeInclude({ inputs, outputs, form }: ProgramFacts): string {
  const integers = ![...inputs, ...outputs].every(({ dtype }) => dtype === 'f32');
  const lines = [
    ...(isFile(form) ? ['#include <stddef.h>'] : []),
    ...(integers || isFile(form) ? ['#include <stdint.h>'] : []),
  ];
  return lines.length ? `\n${lines.join('\n')}\n` : '';
}

function offsetNote({ inputs, outputs }: ProgramFacts): string {
  return [...inputs, ...outputs].every(isBuffer) ? '' : ' OFFSET is in bytes from the start of the arena.';
}

function quantNote({ inputs, outputs }: ProgramFacts): string {
  return [...inputs, ...outputs].some(({ quant }) => quant) ? ' real = SCALE * (value - ZERO_POINT).' : '';
}

/** The comment on top of both files. */
export function bannerText(facts: ProgramFacts): string {
  const { name, device, arenaBytes, weightBytes, weightHash, form } = facts;
  const weights = {
    c: `${name}_weights.c`,
    bin: `${name}_weights.bin, included by ${name}_weights.S`,
    external: `${name}_weights.bin, given to the run function at an address that is a multiple of 16`,
    fetch: `${name}_weights.bin, fetched into a buffer layer by layer`,
  }[form];
  const line = (kind: string, { name: title, ...type }: CTensor): string =>
    ` * ${kind} ${safeComment(title)}: ${formatType(type)}`;
  return [
    `/* ${name}: generated by ghostc for ${device}. Do not edit.`,
    ' *',
    ...facts.inputs.map((tensor) => line('input ', tensor)),
    ...facts.outputs.map((tensor) => line('output', tensor)),
    ` * arena   ${arenaBytes} bytes${boundText(facts)}`,
    ` * weights ${weightBytes} bytes in ${weights}, FNV-1a ${weightHash.toString(16).padStart(8, '0')}`,
    ...(facts.sourceHash ? [` * source  SHA-256 ${facts.sourceHash}`] : []),
    ' */',
  ].join('\n');
}

/** What is proven about the arena: every order of the layers has `lowerBound` bytes alive at some time. */
function boundText({ lowerBound, arenaGap: gap }: ProgramFacts): string {
  if (gap === 0) return ` (proven minimum: ${lowerBound} are alive at the peak of every order)`;
  return ` (${gap} above the proven lower bound of ${lowerBound})`;
}

function sizeLines(upper: string, kind: string, tensors: readonly CTensor[]): string[] {
  return tensors.flatMap(({ elements, quant, offset }, i) => {
    const define = (what: string, value: string | number): string =>
      `#define ${upper}_${kind}_${what}${tensors.length === 1 ? '' : `_${i}`} ${value}`;
    const [scale, zero = 0] = [quant?.scale[0], quant?.zeroPoint[0]];
    const place = [define('SIZE', elements), ...(offset === undefined ? [] : [define('OFFSET', offset)])];
    if (scale === undefined) return place;
    return [
      ...place,
      define('SCALE', floatLiteral(scale)),
      define('ZERO_POINT', zero < 0 ? `(${zero})` : zero),
    ];
  });
}
