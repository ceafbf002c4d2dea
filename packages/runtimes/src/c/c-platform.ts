/** Bytes before and after the arena, and after each output, that must keep their pattern. */
export const GUARD = 64;

/** What the harness needs from a device. Counters are pairs of 32-bit words, interpreted by `CounterKind`. */
export const platformHeader = `#ifndef HARNESS_PLATFORM_H
#define HARNESS_PLATFORM_H
#include <stddef.h>
#include <stdint.h>
#ifndef BIG
#define BIG
#endif
void open_files(const char *from, const char *to);
/* Closes both. Zero, or what is wrong. */
int close_files(void);
int read_bytes(void *to, size_t bytes);
int write_bytes(const void *from, size_t bytes);
void read_counter(uint32_t count[2]);
uint64_t counted(const uint32_t before[2], const uint32_t after[2]);
void paint_stack(void);
uint32_t used_stack(void);
void leave(int code);

#define GUARD ${GUARD}
/* With hundreds of outputs there are thousands of calls: inline, they take the compiler seconds. */
#ifdef __riscv
#define HELPER static inline /* its linker fails on some layouts: "can't relax section" */
#else
#define HELPER static __attribute__((noinline, unused))
#endif
HELPER void fill(unsigned char *to, size_t bytes) { for (size_t i = 0; i < bytes; i++) to[i] = 0xA5; }
HELPER int intact(const unsigned char *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) if (from[i] != 0xA5) return 0;
  return 1;
}
HELPER uint32_t hash(uint32_t state, const void *from, size_t bytes) {
  const unsigned char *p = from;
  for (size_t i = 0; i < bytes; i++) state = (state ^ p[i]) * 16777619u;
  return state;
}
#endif
`;

/** Exit codes of the harness. */
export const harnessCodes = { input: 102, output: 103, fault: 104 } as const;

/** Of counters whose two words are one number. */
const wideCounter = `uint64_t counted(const uint32_t before[2], const uint32_t after[2]) {
  return (((uint64_t)after[1] << 32) | after[0]) - (((uint64_t)before[1] << 32) | before[0]);
}
`;

export const hostPlatform = `#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "harness_platform.h"
static FILE *in, *out;
void open_files(const char *from, const char *to) {
  in = fopen(from, "rb");
  out = fopen(to, "wb");
  if (!in || !out) exit(${harnessCodes.input});
}
int close_files(void) {
  fclose(in);
  return fclose(out) == 0 ? 0 : ${harnessCodes.output};
}
int read_bytes(void *to, size_t bytes) { return fread(to, 1, bytes, in) == bytes; }
int write_bytes(const void *from, size_t bytes) { return fwrite(from, 1, bytes, out) == bytes; }
/* Nanoseconds. The clock of the process counts ticks of milliseconds where its time is limited. */
void read_counter(uint32_t count[2]) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const uint64_t time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  count[0] = (uint32_t)time;
  count[1] = (uint32_t)(time >> 32);
}
${wideCounter}void paint_stack(void) {}
uint32_t used_stack(void) { return 0; }
void leave(int code) { exit(code); }
`;

const armCalls = `static word call(word op, const void *args) {
  register word r0 __asm("r0") = op;
  register const void *r1 __asm("r1") = args;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
/* FPGAIO of the MPS boards: COUNTER at 0x18, and CLK100HZ at 0x14 to tell how often that wrapped. */
void read_counter(uint32_t count[2]) {
  count[0] = *(volatile uint32_t *)(FPGAIO + 0x18);
  count[1] = *(volatile uint32_t *)(FPGAIO + 0x14);
}
/* For less time than COUNTER takes to wrap. */
uint64_t counted(const uint32_t before[2], const uint32_t after[2]) { return after[0] - before[0]; }
`;

const riscvCalls = `static __attribute__((noinline)) word call(word op, const void *args) {
  register word a0 __asm("a0") = op;
  register const void *a1 __asm("a1") = args;
  __asm volatile(".option push\\n.option norvc\\n.balign 16\\nslli x0, x0, 0x1f\\nebreak\\nsrai x0, x0, 7\\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
  return a0;
}
void read_counter(uint32_t count[2]) {
  uint32_t again;
  do {
    __asm volatile("csrr %0, minstreth\\ncsrr %1, minstret\\ncsrr %2, minstreth" : "=r"(count[1]), "=r"(count[0]), "=r"(again));
  } while (again != count[1]);
}
${wideCounter}`;

const aarch64Calls = `static word call(word op, const void *args) {
  register word x0 __asm("x0") = op;
  register const void *x1 __asm("x1") = args;
  __asm volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
  return x0;
}
void read_counter(uint32_t count[2]) {
  uint64_t now;
  __asm volatile("isb\\n mrs %0, cntvct_el0" : "=r"(now));
  count[0] = (uint32_t)now;
  count[1] = (uint32_t)(now >> 32);
}
${wideCounter}`;

/** Files and exit by semihosting, for Arm and RISC-V: SYS_OPEN 1, SYS_CLOSE 2, SYS_WRITE 5, SYS_READ 6, SYS_EXIT_EXTENDED 0x20. */
export const semihostPlatform = `#include "harness_platform.h"
typedef uintptr_t word;
#define PAINT 0xDEADBEEFu
#if defined(__arm__)
${armCalls}#elif defined(__aarch64__)
${aarch64Calls}#else
${riscvCalls}#endif
extern uint32_t stack_bottom[];
static uint32_t *painted;
static word in, out;
static word open_file(const char *name, word mode) {
  word length = 0;
  while (name[length]) length++;
  const word args[3] = {(word)name, mode, length};
  return call(1, args);
}
void open_files(const char *from, const char *to) {
  in = open_file(from, 1);
  out = open_file(to, 5);
  if (in == (word)-1 || out == (word)-1) leave(${harnessCodes.input});
}
int read_bytes(void *to, size_t bytes) {
  const word args[3] = {in, (word)to, bytes};
  return call(6, args) == 0;
}
int write_bytes(const void *from, size_t bytes) {
  const word args[3] = {out, (word)from, bytes};
  return call(5, args) == 0;
}
void paint_stack(void) {
  uint32_t here;
  painted = (uint32_t *)(((uintptr_t)&here & ~(uintptr_t)3) - 64);
  for (volatile uint32_t *p = stack_bottom; p < painted; p++) *p = PAINT;
}
uint32_t used_stack(void) {
  const volatile uint32_t *p = stack_bottom;
  while (p < painted && *p == PAINT) p++;
  return (uint32_t)((uintptr_t)painted - (uintptr_t)p) + 64;
}
static int close_file(word file) {
  const word args[1] = {file};
  return call(2, args) == 0;
}
int close_files(void) { return close_file(in) && close_file(out) ? 0 : ${harnessCodes.output}; }
void leave(int code) {
  const word args[2] = {0x20026, (word)code};
  call(0x20, args);
  for (;;) {}
}
`;

/** Vector table, stack, FPU and MVE on, .bss cleared, main. There is no .data to copy: QEMU loads it. */
export const armStartup = `#include "harness_platform.h"
int main(void);
extern uint32_t stack_top[], bss_start[], bss_end[];
void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
  __asm volatile("dsb\\n isb");
  for (volatile uint32_t *p = bss_start; p < bss_end; p++) *p = 0;
  main();
}
static void fault(void) { leave(${harnessCodes.fault}); }
#define FAULT (const void *)fault
__attribute__((section(".vectors"), used)) const void *const vectors[16] = {
  stack_top, (const void *)reset, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT, FAULT,
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
  la sp, stack_top
  li a0, ${harnessCodes.fault}
  call leave
`;

/**
 * The same for AArch64, in two parts. First the stack, vectors and the FPU; then a table that makes all memory normal, since accesses
 * need not be aligned only there; .bss; what the C library expects of its loader: the functions that it chooses by the processor, and
 * memory of the thread. `getauxval` says which instructions there are, as Linux does.
 */
export const aarch64Entry = `  .section .vectors, "ax"
  .globl _start
_start:
  ldr x0, =stack_top
  mov sp, x0
  mov x0, #(3 << 20)
  msr cpacr_el1, x0
  adr x0, traps
  msr vbar_el1, x0
  isb
  bl start
trap:
  mov w0, #${harnessCodes.fault}
  bl leave
  .balign 2048
traps:
  .rept 16
  .balign 128
  b trap
  .endr
`;

export const aarch64Startup = `#include "harness_platform.h"
int main(void);
extern unsigned char bss_start[], bss_end[];
extern const uint64_t __rela_iplt_start[], __rela_iplt_end[];
static uint64_t gigabytes[512] __attribute__((aligned(4096)));
static unsigned char thread[4096] __attribute__((aligned(64)));
static uint64_t features(int shift, uint64_t bits) { return (bits >> shift) & 15; }
unsigned long getauxval(unsigned long kind);
unsigned long getauxval(unsigned long kind) {
  uint64_t isar0, isar1;
  __asm volatile("mrs %0, id_aa64isar0_el1\\nmrs %1, id_aa64isar1_el1" : "=r"(isar0), "=r"(isar1));
  if (kind == 16) return features(44, isar0) ? 1ul << 20 : 0; /* HWCAP_ASIMDDP */
  if (kind == 26) return features(52, isar1) ? 1ul << 13 : 0; /* HWCAP2_I8MM */
  return 0;
}
void start(void);
void start(void) {
  for (volatile unsigned char *p = bss_start; p < bss_end; p++) *p = 0;
  volatile uint64_t *const table = gigabytes;
  for (uint64_t i = 0; i < 4; i++) table[i] = (i << 30) | 1u << 10 | 3u << 8 | 1u;
  __asm volatile("msr mair_el1, %0\\nmsr tcr_el1, %1\\nmsr ttbr0_el1, %2\\nmsr tpidr_el0, %3\\nisb" ::
    "r"((uint64_t)0xff), "r"((uint64_t)(25 | 1 << 8 | 1 << 10 | 3 << 12) | 1ull << 32), "r"(gigabytes), "r"(thread));
  uint64_t control;
  __asm volatile("mrs %0, sctlr_el1" : "=r"(control));
  __asm volatile("msr sctlr_el1, %0\\nisb" :: "r"(control | 1 | 1 << 2 | 1 << 12));
  for (const uint64_t *p = __rela_iplt_start; p < __rela_iplt_end; p += 3)
    *(uint64_t *)p[0] = ((uint64_t (*)(uint64_t))p[2])(0);
  main();
  leave(${harnessCodes.fault});
}
`;
