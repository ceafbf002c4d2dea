import { type CProgram, type CTensor, cType } from '@ghostc/backend-c';
import { slotBytes } from '../process/tensor-bytes.ts';

/** Bytes before and after the arena, and after each output, that must keep their pattern. */
const GUARD = 64;

/** Words of the report that stands before the outputs of each run: status, damage, stack bytes, counter before, after. */
export const REPORT_BYTES = 7 * 4;

/** Bits of the report's damage word. */
export const damages: readonly string[] = [
  'the program wrote before its arena',
  'the program wrote past the end of its arena',
  'the program wrote past the end of an output',
  'the program changed an input',
];

/**
 * main(): for every set of inputs in `in.bin`, fill arena and outputs with 0xA5, run, append a report and the outputs to
 * `out.bin`; with `layers`, what the counter counted in each of them too. `read_bytes`, `write_bytes`, `read_counter` and
 * the like come from the platform. With a number it is `main_<number>()` of a batch, whose main() has opened the files.
 */
export function harnessMain(program: CProgram, layers = 0, number?: number): string {
  const { name, inputs, outputs } = program;
  const NAME = name.toUpperCase();
  const buffers = [
    ...inputs.flatMap(({ offset }, i) => (offset === undefined ? [`in${i}`] : [])),
    ...outputs.flatMap(({ offset }, i) => (offset === undefined ? [`out${i}.values`] : [])),
  ];
  return `#include "${name}.h"
#include "harness_platform.h"

#define GUARD ${GUARD}
static unsigned char arena[GUARD + ${NAME}_ARENA_SIZE + GUARD] __attribute__((aligned(${NAME}_ARENA_ALIGN))) BIG;
${inputs.map(declareInput).join('\n')}
${outputs.map(declareOutput).join('\n')}

static void fill(unsigned char *to, size_t bytes) { for (size_t i = 0; i < bytes; i++) to[i] = 0xA5; }

static int intact(const unsigned char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) if (from[i] != 0xA5) return 0;
  return 1;
}

static inline uint32_t hash(uint32_t state, const void *from, size_t bytes) {
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
  ${inputs.some((slot) => slot.elements > 0) ? `return ${inputs.map((slot, i) => `read_bytes(in${i}, ${slotBytes(slot)})`).join(' && ')};` : 'static int runs;\n  return runs++ == 0;'}
}

static uint32_t damage(void) {
  uint32_t found = 0;
  if (!intact(arena, GUARD)) found |= 1;
  if (!intact(arena + GUARD + ${NAME}_ARENA_SIZE, GUARD)) found |= 2;
${outputs.map((slot, i) => `  if (!intact(out${i}.bytes + ${slotBytes(slot)}, GUARD)) found |= 4;`).join('\n')}
  return found;
}

${layers ? layerCounters(layers) : ''}static void run(uint32_t report[7]) {
  const uint32_t before = hash_inputs();
${inputs.flatMap(copyIn).join('')}  paint_stack();
${layers ? '  begin_layers();\n' : ''}  read_counter(report + 3);
  report[0] = (uint32_t)${name}_run(${['arena + GUARD', ...buffers].join(', ')});
  read_counter(report + 5);
${layers ? '  ghostc_layer(0);\n' : ''}  report[2] = used_stack();
${outputs.flatMap(copyOut).join('')}  report[1] = damage() | (hash_inputs() == before ? 0 : 8);
}

int main${number === undefined ? '' : `_${number}`}(void) {
  uint32_t report[7];
${number === undefined ? '  open_files();\n' : ''}  while (read_inputs()) {
    fill(arena, sizeof arena);
${outputs.map((_, i) => `    fill(out${i}.bytes, sizeof out${i}.bytes);`).join('\n')}
    run(report);
    if (!write_bytes(report, sizeof report)) leave(103);
${outputs.map((slot, i) => `    if (!write_bytes(out${i}.bytes, ${slotBytes(slot)})) leave(103);`).join('\n')}
${layers ? '    if (!write_bytes(layer_counts, sizeof layer_counts)) leave(103);' : ''}
  }
  leave(0);
  return 0;
}
`;
}

/** Inputs and outputs in the arena come from the harness' own buffers and go there, outside of what is counted. */
function copyIn(slot: CTensor, i: number): string[] {
  const at = `arena[GUARD + ${slot.offset} + i]`;
  return slot.offset === undefined ? [] : [copyLoop(slot, `${at} = ((const unsigned char *)in${i})[i];`)];
}

function copyOut(slot: CTensor, i: number): string[] {
  const at = `arena[GUARD + ${slot.offset} + i]`;
  return slot.offset === undefined ? [] : [copyLoop(slot, `out${i}.bytes[i] = ${at};`)];
}

function copyLoop(slot: CTensor, statement: string): string {
  return `  for (size_t i = 0; i < ${slotBytes(slot)}; i++) ${statement}\n`;
}

/** What `-include` brings into the program's source when it is to be measured by layer. */
export const layersHeader = 'void ghostc_layer(int layer);\n#define GHOSTC_LAYER ghostc_layer\n';

/** Layer 0 is what runs before the first layer. The time that reading takes is left out. */
function layerCounters(layers: number): string {
  return `static uint64_t layer_counts[${layers + 1}];
static uint32_t layer_start[2];
static int layer_now;
void ghostc_layer(int layer);
void ghostc_layer(int layer) {
  uint32_t now[2];
  read_counter(now);
  layer_counts[layer_now] += counted(layer_start, now);
  layer_now = layer;
  read_counter(layer_start);
}
static void begin_layers(void) {
  for (int i = 0; i <= ${layers}; i++) layer_counts[i] = 0;
  layer_now = 0;
  read_counter(layer_start);
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
