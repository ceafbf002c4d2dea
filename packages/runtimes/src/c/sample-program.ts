import type { CProgram } from '@ghostc/backend-c';

export interface Sample {
  readonly name: string;
  /** Statements; `arena`, `in` and `out` are in scope. */
  readonly body: string;
  /** Of input `x` and output `y`. */
  readonly shape: readonly [number];
  readonly arenaBytes: number;
  readonly weights?: Float32Array;
}

/** A C program written by hand, for tests of what runs programs. Weights come in assembly, as `<name>_weights[]`. */
export function sampleProgram({ name, body, shape, arenaBytes, weights }: Sample): CProgram {
  const signature = `int ${name}_run(void *arena, const float *in, float *out)`;
  const upper = name.toUpperCase();
  const slot = { shape, dtype: 'f32', elements: shape[0] } as const;
  const header = `#define ${upper}_ARENA_SIZE ${arenaBytes}\n#define ${upper}_ARENA_ALIGN 16\n${signature};\n`;
  const declaration = weights ? `extern const float ${name}_weights[${weights.length}];\n` : '';
  const files: [string, string | Uint8Array][] = [
    [`${name}.h`, header],
    [`${name}.c`, `#include "${name}.h"\n${declaration}${signature} {\n${body}\n  return 0;\n}\n`],
    ...(weights ? weightFiles(name, weights) : []),
  ];
  return {
    name,
    files: new Map(files),
    inputs: [{ name: 'x', ...slot }],
    outputs: [{ name: 'y', ...slot }],
    device: 'host',
    noUnaligned: false,
    fetchBytes: 0,
    threads: 1,
    fetches: [],
    arenaBytes,
    arenaGap: 0,
    streams: [],
    bandWork: 0,
    buffers: [],
    peaks: [],
    layers: [],
    form: weights ? 'bin' : 'c',
    weightBytes: weights?.byteLength ?? 0,
  };
}

function weightFiles(name: string, weights: Float32Array): [string, string | Uint8Array][] {
  const assembly = `.section .rodata.weights,"a",%progbits
.globl ${name}_weights
.balign 16
${name}_weights:
.incbin "${name}_weights.bin"
.section .note.GNU-stack,"",%progbits
`;
  return [
    [`${name}_weights.S`, assembly],
    [`${name}_weights.bin`, new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)],
  ];
}
