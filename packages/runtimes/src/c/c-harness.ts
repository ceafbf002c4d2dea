import { type CProgram, type CTensor, cType } from '@ghostc/backend-c';
import { slotBytes } from '../process/tensor-bytes.ts';
import { GUARD, harnessCodes } from './c-platform.ts';

/** The number of layers to count separately, in `repeats` runs of each set of inputs; outputs are not kept. */
export interface LayerCounting {
  readonly layers: number;
  readonly repeats: number;
}

/** Words of the report before the outputs of each run: status, damage, stack bytes, counter before, after. */
export const REPORT_BYTES = 7 * 4;

/** Bits of the report's damage word. */
export const damages: readonly string[] = [
  'the program wrote before its arena',
  'the program wrote past the end of its arena',
  'the program wrote past the end of an output',
  'the program changed an input',
];

/**
 * `every_<name>()`: for every set of inputs in the open file, fill arena and outputs with 0xA5, run, append a report and the
 * outputs. With `profile` it runs each set so many times, and appends what the counter counted in each layer in place of outputs.
 * `read_bytes`, `write_bytes`, `read_counter` and the like come from the platform. All names end in the program's, so that many
 * harnesses fit into one unit.
 */
export function harnessMain(program: CProgram, profile?: LayerCounting): string {
  const { name, inputs, outputs } = program;
  const NAME = name.toUpperCase();
  const arena = `arena_${name}`;
  const buffers = [
    ...inputs.flatMap(({ offset }, i) => (offset === undefined ? [inputName(name, i)] : [])),
    ...outputs.flatMap(({ offset }, i) => (offset === undefined ? [`${outputName(name, i)}.values`] : [])),
  ];
  const copies = { name, arena };
  const write = (what: string, bytes: string | number): string =>
    `    if (!write_bytes(${what}, ${bytes})) leave(${harnessCodes.output});`;
  return `#include "${name}.h"
#include "harness_platform.h"

static unsigned char ${arena}[GUARD + ${NAME}_ARENA_SIZE + GUARD] __attribute__((aligned(${NAME}_ARENA_ALIGN))) BIG;
${inputs.map((slot, i) => declareInput(slot, inputName(name, i))).join('\n')}
${outputs.map((slot, i) => declareOutput(slot, outputName(name, i))).join('\n')}

static uint32_t hash_${name}(void) {
  uint32_t state = 2166136261u;
${inputs.map((_, i) => `  state = hash(state, ${inputName(name, i)}, sizeof ${inputName(name, i)});`).join('\n')}
  return state;
}

static int read_${name}(void) {
  ${inputs.some((slot) => slot.elements > 0) ? `return ${inputs.map((slot, i) => `read_bytes(${inputName(name, i)}, ${slotBytes(slot)})`).join(' && ')};` : 'static int runs;\n  return runs++ == 0;'}
}

static uint32_t damage_${name}(void) {
  uint32_t found = 0;
  if (!intact(${arena}, GUARD)) found |= 1;
  if (!intact(${arena} + GUARD + ${NAME}_ARENA_SIZE, GUARD)) found |= 2;
${outputs.map((slot, i) => `  if (!intact(${outputName(name, i)}.bytes + ${slotBytes(slot)}, GUARD)) found |= 4;`).join('\n')}
  return found;
}

${profile ? layerCounters(profile) : ''}static void measure_${name}(uint32_t report[7]) {
  const uint32_t before = hash_${name}();
${inputs.flatMap((slot, i) => copyIn(slot, i, copies)).join('')}  paint_stack();
${profile ? '  begin_layers();\n' : ''}  read_counter(report + 3);
  report[0] = (uint32_t)${name}_run(${[`${arena} + GUARD`, ...buffers].join(', ')});
  read_counter(report + 5);
${profile ? '  ghostc_layer(0);\n' : ''}  report[2] = used_stack();
${outputs.flatMap((slot, i) => copyOut(slot, i, copies)).join('')}  report[1] = damage_${name}() | (hash_${name}() == before ? 0 : 8);
}

void every_${name}(void);
void every_${name}(void) {
  uint32_t report[7];
  while (read_${name}())${profile ? ` for (int run = 0; run < ${profile.repeats}; run++)` : ''} {
    fill(${arena}, sizeof ${arena});
${outputs.map((_, i) => `    fill(${outputName(name, i)}.bytes, sizeof ${outputName(name, i)}.bytes);`).join('\n')}
    measure_${name}(report);
${write('report', 'sizeof report')}
${profile ? write('layer_counts', 'sizeof layer_counts') : outputs.map((slot, i) => write(`${outputName(name, i)}.bytes`, slotBytes(slot))).join('\n')}
  }
}
`;
}

/** The main() of one program, on `in.bin` and `out.bin`. */
export function singleMain({ name }: CProgram): string {
  return `
int main(void) {
  open_files("in.bin", "out.bin");
  every_${name}();
  leave(close_files());
  return 0;
}
`;
}

const inputName = (program: string, i: number): string => `in${i}_${program}`;
const outputName = (program: string, i: number): string => `out${i}_${program}`;

interface Copies {
  readonly name: string;
  readonly arena: string;
}

/** Inputs and outputs in the arena come from the harness' own buffers and go there, outside of what is counted. */
function copyIn(slot: CTensor, i: number, { name, arena }: Copies): string[] {
  if (slot.offset === undefined) return [];
  const from = `((const unsigned char *)${inputName(name, i)})[i]`;
  return [copyLoop(slot, `${arena}[GUARD + ${slot.offset} + i] = ${from};`)];
}

function copyOut(slot: CTensor, i: number, { name, arena }: Copies): string[] {
  if (slot.offset === undefined) return [];
  return [copyLoop(slot, `${outputName(name, i)}.bytes[i] = ${arena}[GUARD + ${slot.offset} + i];`)];
}

function copyLoop(slot: CTensor, statement: string): string {
  return `  for (size_t i = 0; i < ${slotBytes(slot)}; i++) ${statement}\n`;
}

/** What `-include` adds to the program's source for measuring by layer. */
export const layersHeader = 'void ghostc_layer(int layer);\n#define GHOSTC_LAYER ghostc_layer\n';

/** Layer 0 is what runs before the first layer. The time that reading takes is left out. */
function layerCounters({ layers }: LayerCounting): string {
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

function declareInput(slot: CTensor, name: string): string {
  return `static ${cType(slot.dtype)} ${name}[${Math.max(1, slot.elements)}] __attribute__((aligned(16))) BIG;`;
}

function declareOutput(slot: CTensor, name: string): string {
  const type = cType(slot.dtype);
  return `static union { ${type} values[${slot.elements}]; unsigned char bytes[${slotBytes(slot)} + GUARD]; } ${name} __attribute__((aligned(16))) BIG;`;
}
