import { CompileError } from '@ghostc/ir';
import type { Board, Region } from './c-device.ts';

/** What must find a place on the board, in bytes. */
export interface Footprint {
  readonly weights: number;
  /** Arena, inputs and outputs. */
  readonly buffers: number;
}

/** At the start of the first memory, so that an overflow faults on the Arm boards. */
const STACK = 64 * 1024;
/** The harness's and the C library's own variables. */
const DATA = 16 * 1024;
/** Code, tables and vectors that are placed with the weights. */
const CODE = 320 * 1024;

interface Placement {
  readonly weights: Region;
  readonly buffers: Region;
}

/** A linker script that puts the weights and the buffers where they fit. Throws `run/memory` when they do not. */
export function linkerScript(board: Board, footprint: Footprint): string {
  const { weights, buffers } = placeOnBoard(board, footprint);
  const [first] = board.memories as [Region];
  return `ENTRY(${board.startup === 'arm' ? 'reset' : '_start'})
MEMORY {
${[board.code, ...board.memories].map(regionLine).join('\n')}
}
SECTIONS {
  .vectors : { KEEP(*(.vectors)) } > ${board.code.name}
  .text : { *(EXCLUDE_FILE(*_weights.o) .text .text.*) *(EXCLUDE_FILE(*_weights.o) .rodata EXCLUDE_FILE(*_weights.o) .rodata.* .srodata .srodata.*) } > ${board.code.name}
  .ARM.exidx : { *(.ARM.exidx*) } > ${board.code.name}
  .rela : { PROVIDE_HIDDEN(__rela_iplt_start = .); *(.rela.iplt) PROVIDE_HIDDEN(__rela_iplt_end = .); } > ${board.code.name}
  .weights : ALIGN(16) { *_weights.o(.rodata .rodata.*) } > ${weights.name}
  .stack (NOLOAD) : ALIGN(16) { stack_bottom = .; . += 0x${STACK.toString(16)}; stack_top = .; } > ${first.name}
  .data : ALIGN(8) { *(.data .data.* .sdata .sdata.*) } > ${first.name}
  .bss : ALIGN(8) { bss_start = .; *(.bss .bss.* .sbss .sbss.* COMMON) . = ALIGN(4); bss_end = .; } > ${first.name}
  .big (NOLOAD) : ALIGN(16) { *(.big) } > ${buffers.name}
  PROVIDE(_end = .);
}
`;
}

function regionLine({ name, origin, bytes }: Region): string {
  return `  ${name} (rwx) : ORIGIN = 0x${origin.toString(16)}, LENGTH = 0x${bytes.toString(16)}`;
}

/**
 * Buffers first, into the first memory that fits them; weights with the code, or else into what the buffers
 * left.
 */
function placeOnBoard({ code, memories }: Board, footprint: Footprint): Placement {
  const free = new Map(memories.map((region, i) => [region, region.bytes - (i === 0 ? STACK + DATA : 0)]));
  const buffers = take(free, footprint.buffers, 'arena, inputs and outputs');
  const withCode = new Map([[code, code.bytes - CODE], ...free]);
  return { buffers, weights: take(withCode, footprint.weights, 'weights') };
}

function take(free: Map<Region, number>, bytes: number, what: string): Region {
  for (const [region, left] of free) {
    if (left < bytes) continue;
    free.set(region, left - bytes);
    return region;
  }
  const [region, most] = [...free].reduce((best, one) => (one[1] > best[1] ? one : best));
  throw new CompileError(
    'run/memory',
    `${what} need ${bytes} bytes; the board has at most ${most} left in one piece (${region.name}): ${bytes - most} too few`,
  );
}
