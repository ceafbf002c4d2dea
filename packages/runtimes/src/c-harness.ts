import { type CProgram, type CTensor, cType } from '@ghostc/backend-c';
import { slotBytes } from './tensor-bytes.ts';

/** Bytes before and behind the arena, and behind each output, that must keep their pattern. */
const GUARD = 64;

/** Words of the report that stands before the outputs of each run: status, damage, stack bytes, counter before, after. */
export const REPORT_BYTES = 7 * 4;

/** Bits of the report's damage word. */
export const damages: readonly string[] = [
  'the program wrote before its arena',
  'the program wrote behind its arena',
  'the program wrote behind an output',
  'the program changed an input',
];

/**
 * main(): for every set of inputs in `in.bin`, fill arena and outputs with 0xA5, run, append a report and the outputs to
 * `out.bin`. `read_bytes`, `write_bytes`, `read_counter` and the like come from the platform.
 */
export function harnessMain(program: CProgram): string {
  const { name, inputs, outputs } = program;
  const NAME = name.toUpperCase();
  const args = [...inputs.map((_, i) => `in${i}`), ...outputs.map((_, i) => `out${i}.values`)];
  return `#include "${name}.h"
#include "platform.h"

#define GUARD ${GUARD}
static unsigned char arena[GUARD + ${NAME}_ARENA_SIZE + GUARD] __attribute__((aligned(${NAME}_ARENA_ALIGN))) BIG;
${inputs.map(declareInput).join('\n')}
${outputs.map(declareOutput).join('\n')}

static void fill(unsigned char *to, size_t bytes) { for (size_t i = 0; i < bytes; i++) to[i] = 0xA5; }

static int intact(const unsigned char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) if (from[i] != 0xA5) return 0;
  return 1;
}

static uint32_t hash(uint32_t state, const void *from, size_t bytes) {
  const unsigned char *p = from;
  for (size_t i = 0; i < bytes; i++) state = (state ^ p[i]) * 16777619u;
  return state;
}

static uint32_t hash_inputs(void) {
  uint32_t state = 2166136261u;
${inputs.map((_, i) => `  state = hash(state, in${i}, sizeof in${i});`).join('\n')}
  return state;
}

static int read_inputs(void) {
  ${inputs.length ? `return ${inputs.map((slot, i) => `read_bytes(in${i}, ${slotBytes(slot)})`).join(' && ')};` : 'static int runs;\n  return runs++ == 0;'}
}

static uint32_t damage(void) {
  uint32_t found = 0;
  if (!intact(arena, GUARD)) found |= 1;
  if (!intact(arena + GUARD + ${NAME}_ARENA_SIZE, GUARD)) found |= 2;
${outputs.map((slot, i) => `  if (!intact(out${i}.bytes + ${slotBytes(slot)}, GUARD)) found |= 4;`).join('\n')}
  return found;
}

static void run(uint32_t report[7]) {
  const uint32_t before = hash_inputs();
  paint_stack();
  read_counter(report + 3);
  report[0] = (uint32_t)${name}_run(arena + GUARD, ${args.join(', ')});
  read_counter(report + 5);
  report[2] = used_stack();
  report[1] = damage() | (hash_inputs() == before ? 0 : 8);
}

int main(void) {
  uint32_t report[7];
  open_files();
  while (read_inputs()) {
    fill(arena, sizeof arena);
${outputs.map((_, i) => `    fill(out${i}.bytes, sizeof out${i}.bytes);`).join('\n')}
    run(report);
    if (!write_bytes(report, sizeof report)) leave(103);
${outputs.map((slot, i) => `    if (!write_bytes(out${i}.bytes, ${slotBytes(slot)})) leave(103);`).join('\n')}
  }
  leave(0);
  return 0;
}
`;
}

/** Bytes of static memory that the harness keeps for arena, inputs and outputs, guards included. */
export function harnessBytes({ arenaBytes, inputs, outputs }: CProgram): number {
  const slots = [...inputs, ...outputs].reduce((sum, slot) => sum + slotBytes(slot) + GUARD + 16, 0);
  return arenaBytes + 2 * GUARD + 16 + slots;
}

function declareInput(slot: CTensor, i: number): string {
  return `static ${cType(slot.dtype)} in${i}[${Math.max(1, slot.elements)}] __attribute__((aligned(16))) BIG;`;
}

function declareOutput(slot: CTensor, i: number): string {
  const type = cType(slot.dtype);
  return `static union { ${type} values[${slot.elements}]; unsigned char bytes[${slotBytes(slot)} + GUARD]; } out${i} __attribute__((aligned(16))) BIG;`;
}
