/* board.h on the emulated boards: the UART of Arm's MPS boards, and the NS16550 of the RISC-V one. */
#include "board.h"
#include "harness_platform.h"

#include <string.h>

#if defined(NET_FETCH_SIZE)
/* The weight file is where QEMU loads it. */
int board_fetch_weights(void *source, size_t offset, size_t bytes, void *to)
{
  (void)source;
  if (to != NULL) memcpy(to, (const unsigned char *)WEIGHTS_AT + offset, bytes);
  return 0;
}
#elif defined(NET_WEIGHTS_SIZE)
const void *board_weight_file(size_t *bytes)
{
  *bytes = NET_WEIGHTS_SIZE;
  return (const void *)WEIGHTS_AT;
}
#endif

#if defined(__arm__)
#define REGISTER(offset) (*(volatile uint32_t *)(UART + (offset)))
void board_init(void)
{
  REGISTER(16) = 16;
  REGISTER(8) = 3;
}

int board_read(void)
{
  while ((REGISTER(4) & 2) == 0) {}
  return (int)(REGISTER(0) & 255);
}

static void put(unsigned char byte)
{
  while ((REGISTER(4) & 1) != 0) {}
  REGISTER(0) = byte;
}

uint32_t board_ticks(void) { return *(volatile uint32_t *)(FPGAIO + 0x18); }
#else
#define REGISTER(offset) (*(volatile uint8_t *)(UART + (offset)))
int board_read(void)
{
  while ((REGISTER(5) & 1) == 0) {}
  return REGISTER(0);
}

static void put(unsigned char byte)
{
  while ((REGISTER(5) & 32) == 0) {}
  REGISTER(0) = byte;
}
#endif

void board_write(const unsigned char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) put(bytes[i]);
}

void leave(int code)
{
  (void)code;
  for (;;) {}
}
