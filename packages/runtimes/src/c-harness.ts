import type { CProgram } from '@ghostc/backend-c';
import { slotBytes } from './tensor-bytes.ts';

/** Bytes behind the arena that must keep their pattern. */
const CANARY = 64;

/** Exit codes of the harness above the library's own status codes. */
export const harnessCodes = { canary: 101, input: 102, output: 103, fault: 104 } as const;

/**
 * main(): for every set of inputs in `in.bin`, fill the arena with 0xA5, run, check status and canary, append the outputs
 * and the 32-bit counter to `out.bin`. `read_bytes`, `write_bytes`, `leave` and `read_counter` come from the platform.
 */
export function harnessMain({ name, inputs, outputs }: CProgram): string {
  const NAME = name.toUpperCase();
  const bytes = (slot: CProgram['inputs'][number]): number => slotBytes(slot);
  const cType = (slot: CProgram['inputs'][number]): string =>
    slot.dtype === 'f32' ? 'float' : `${slot.dtype === 'u8' ? 'u' : ''}int8_t`;
  const declare = (slots: CProgram['inputs'], prefix: string): string =>
    slots.map((slot, i) => `static ${cType(slot)} ${prefix}${i}[${slot.elements}] BIG;`).join('\n');
  const args = [...inputs.map((_, i) => `in${i}`), ...outputs.map((_, i) => `out${i}`)].join(', ');
  return `#include "${name}.h"
#include "platform.h"

static unsigned char arena[${NAME}_ARENA_SIZE + ${CANARY}] __attribute__((aligned(${NAME}_ARENA_ALIGN))) BIG;
${declare(inputs, 'in')}
${declare(outputs, 'out')}

int main(void) {
  open_files();
${inputs.map((slot, i) => `  ${i === 0 ? 'while' : 'if'} (${i === 0 ? '' : '!'}read_bytes(in${i}, ${bytes(slot)}u)) ${i === 0 ? '{' : `leave(${harnessCodes.input});`}`).join('\n')}
    for (unsigned long i = 0; i < sizeof arena; i++) arena[i] = 0xA5;
    unsigned before = read_counter();
    int status = ${name}_run(arena, ${args});
    unsigned ticks = read_counter() - before;
    if (status != 0) leave(status);
    for (unsigned long i = ${NAME}_ARENA_SIZE; i < sizeof arena; i++) if (arena[i] != 0xA5) leave(${harnessCodes.canary});
${outputs.map((slot, i) => `    if (!write_bytes(out${i}, ${bytes(slot)}u)) leave(${harnessCodes.output});`).join('\n')}
    if (!write_bytes(&ticks, 4u)) leave(${harnessCodes.output});
  }
  leave(0);
  return 0;
}
`;
}

export const platformHeader = `#ifndef PLATFORM_H
#define PLATFORM_H
#include <stdint.h>
#ifndef BIG
#define BIG
#endif
void open_files(void);
int read_bytes(void *to, unsigned long bytes);
int write_bytes(const void *from, unsigned long bytes);
unsigned read_counter(void);
void leave(int code);
#endif
`;

export const hostPlatform = `#include <stdio.h>
#include <stdlib.h>
#include "platform.h"
static FILE *in, *out;
void open_files(void) {
  in = fopen("in.bin", "rb");
  out = fopen("out.bin", "wb");
  if (!in || !out) exit(${harnessCodes.input});
}
int read_bytes(void *to, unsigned long bytes) { return fread(to, 1, bytes, in) == bytes; }
int write_bytes(const void *from, unsigned long bytes) { return fwrite(from, 1, bytes, out) == bytes; }
unsigned read_counter(void) { return 0; }
void leave(int code) {
  if (fclose(out) != 0 && code == 0) code = ${harnessCodes.output};
  exit(code);
}
`;

/** Files and exit by semihosting, for Arm and RISC-V: SYS_OPEN 1, SYS_CLOSE 2, SYS_WRITE 5, SYS_READ 6, SYS_EXIT_EXTENDED 0x20. */
export const semihostPlatform = `#include "platform.h"
typedef uintptr_t word;
#if defined(__arm__)
static word call(word op, const void *args) {
  register word r0 __asm("r0") = op;
  register const void *r1 __asm("r1") = args;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
unsigned read_counter(void) { return *(volatile unsigned *)COUNTER; }
#else
static word call(word op, const void *args) {
  register word a0 __asm("a0") = op;
  register const void *a1 __asm("a1") = args;
  __asm volatile(".option push\\n.option norvc\\n.balign 16\\nslli x0, x0, 0x1f\\nebreak\\nsrai x0, x0, 7\\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
  return a0;
}
unsigned read_counter(void) {
  unsigned count;
  __asm volatile("csrr %0, minstret" : "=r"(count));
  return count;
}
#endif
static word in, out;
static word open_file(const char *name, word length, word mode) {
  const word args[3] = {(word)name, mode, length};
  return call(1, args);
}
void open_files(void) {
  in = open_file("in.bin", 6, 1);
  out = open_file("out.bin", 7, 5);
  if (in == (word)-1 || out == (word)-1) leave(${harnessCodes.input});
}
int read_bytes(void *to, unsigned long bytes) {
  const word args[3] = {in, (word)to, bytes};
  return call(6, args) == 0;
}
int write_bytes(const void *from, unsigned long bytes) {
  const word args[3] = {out, (word)from, bytes};
  return call(5, args) == 0;
}
void leave(int code) {
  const word closing[1] = {out};
  const word args[2] = {0x20026, (word)code};
  call(2, closing);
  call(0x20, args);
  for (;;) {}
}
`;

/** Vector table, stack, FPU and MVE on, .bss cleared, main. */
export const armStartup = `#include "platform.h"
int main(void);
extern unsigned stack_top, bss_start, bss_end;
void reset(void) {
  *(volatile unsigned *)0xE000ED88 |= 0xFu << 20;
  __asm volatile("dsb\\n isb");
  for (volatile unsigned *p = &bss_start; p < &bss_end; p++) *p = 0;
  main();
}
static void fault(void) { leave(${harnessCodes.fault}); }
__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
  &stack_top, (const void *)reset, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
  (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
};
`;

export const riscvStartup = `  .section .vectors, "ax"
  .globl _start
_start:
  la sp, stack_top
  li t0, 0x6000
  csrs mstatus, t0
  la t0, trap
  csrw mtvec, t0
  la t0, bss_start
  la t1, bss_end
1:
  bgeu t0, t1, 2f
  sw zero, 0(t0)
  addi t0, t0, 4
  j 1b
2:
  call main
  .balign 4
trap:
  li a0, ${harnessCodes.fault}
  call leave
`;
