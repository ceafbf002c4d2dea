import { CompileError } from '@ghostc/ir';
import type { Board, Region } from './c-device.ts';

/** What must find a place on the board, in bytes. */
export interface Footprint {
  readonly weights: number;
  readonly buffers: number;
}

/** Stack of the harness, and room for its data. */
const STACK = 64 * 1024;
/** Code, tables and vectors that stand beside the weights. */
const CODE_RESERVE = 256 * 1024;

/** A linker script that puts the weights and the buffers where they fit. Throws `run/memory` when they do not. */
export function linkerScript(board: Board, { weights, buffers }: Footprint): string {
  const [first] = board.memories as [Region];
  const free = new Map<Region, number>(
    board.memories.map((region) => [region, region.bytes - (region === first ? STACK : 0)]),
  );
  const bufferRegion = choose(free, buffers, 'arena, inputs and outputs');
  const weightsInCode = weights + CODE_RESERVE <= board.code.bytes;
  const weightRegion = weightsInCode ? board.code : choose(free, weights, 'weights');
  const name = (region: Region): string =>
    region === board.code ? 'CODE' : `MEM${board.memories.indexOf(region)}`;
  const entry = (region: Region): string =>
    `  ${name(region)} (rwx) : ORIGIN = 0x${region.origin.toString(16)}, LENGTH = 0x${region.bytes.toString(16)}`;
  return `ENTRY(${board.startup === 'arm' ? 'reset' : '_start'})
MEMORY {
${[board.code, ...board.memories].map(entry).join('\n')}
}
SECTIONS {
  .vectors : { KEEP(*(.vectors)) } > CODE
  .weights : ALIGN(16) { *_weights.o(.rodata .rodata.*) } > ${name(weightRegion)}
  .text : { *(.text .text.*) *(.rodata .rodata.* .srodata .srodata.*) } > CODE
  .ARM.exidx : { *(.ARM.exidx*) } > CODE
  .data : ALIGN(8) { *(.data .data.* .sdata .sdata.*) } > ${name(first)}
  .bss : ALIGN(8) { bss_start = .; *(.bss .bss.* .sbss .sbss.* COMMON) . = ALIGN(4); bss_end = .; } > ${name(first)}
  .stack (NOLOAD) : ALIGN(16) { . += 0x${(STACK / 2).toString(16)}; stack_top = .; } > ${name(first)}
  .big (NOLOAD) : ALIGN(16) { *(.big) } > ${name(bufferRegion)}
}
`;
}

function choose(free: Map<Region, number>, bytes: number, what: string): Region {
  for (const [region, left] of free) {
    if (left < bytes) continue;
    free.set(region, left - bytes);
    return region;
  }
  const most = Math.max(...free.values());
  throw new CompileError(
    'run/memory',
    `${what} need ${bytes} bytes; the board has ${most} left in one piece, ${bytes - most} too few`,
  );
}
