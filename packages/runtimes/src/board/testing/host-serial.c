/* A board's serial port as a pseudo terminal of this machine, with faults on demand: argv has the link to make, the environment the faults. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "board.h"

static char **arguments;
static int master = -1, held = -1;
static volatile sig_atomic_t replugs;
static unsigned long moved;

static int fault(const char *name) { return getenv(name) ? atoi(getenv(name)) : -1; }

static void plug(void)
{
  struct termios line;
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) exit(3);
  held = open(ptsname(master), O_RDWR | O_NOCTTY);
  tcgetattr(held, &line);
  cfmakeraw(&line);
  tcsetattr(held, TCSANOW, &line);
  unlink(arguments[1]);
  if (symlink(ptsname(master), arguments[1]) != 0) exit(4);
}

static void on_replug(int number) { (void)number; replugs = 1; }

static void replug(void)
{
  const struct timespec pause = {0, 300000000};
  replugs = 0;
  unlink(arguments[1]);
  close(held);
  close(master);
  nanosleep(&pause, NULL);
  plug();
}

/* Every so many bytes one is wrong. */
static unsigned char noisy(unsigned char byte)
{
  const int every = fault("NOISE");
  return every > 0 && ++moved % (unsigned long)every == 0 ? byte ^ 16 : byte;
}

int board_read(void)
{
  unsigned char byte;
  for (;;) {
    if (replugs) replug();
    if (read(master, &byte, 1) == 1) return noisy(byte);
    if (errno != EINTR) return -1;
  }
}

void board_write(const unsigned char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const unsigned char byte = noisy(bytes[i]);
    while (write(master, &byte, 1) != 1) if (errno != EINTR) exit(5);
  }
}

int board_before_layer(const net_layer *layer)
{
  if (layer->index == fault("CUT")) exit(0);
  if (layer->index == fault("HANG")) for (;;) pause();
  if (layer->index == fault("REPLUG")) { unsetenv("REPLUG"); replug(); }
  if (layer->index == fault("RESET")) {
    char number[16];
    snprintf(number, sizeof number, "%d", master);
    setenv("MASTER", number, 1);
    if (!getenv("ALWAYS")) unsetenv("RESET");
    execv(arguments[0], arguments);
  }
  return layer->index == fault("ABORT");
}

uint32_t board_ticks(void)
{
  struct timespec now;
  if (getenv("NO_CLOCK")) return 0;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)now.tv_sec * 1000000000u + (uint32_t)now.tv_nsec;
}

#if defined(NET_WEIGHTS_SIZE)
static unsigned char weights[NET_WEIGHTS_SIZE + 16] __attribute__((aligned(16)));
static size_t weight_bytes(void)
{
  FILE *file = fopen(arguments[2], "rb");
  const size_t bytes = file ? fread(weights, 1, NET_WEIGHTS_SIZE, file) : 0;
  if (file) fclose(file);
  return bytes;
}
#if defined(NET_FETCH_SIZE)
int board_fetch_weights(void *source, size_t offset, size_t bytes, void *to)
{
  (void)source;
  if (offset + bytes > weight_bytes()) return 1;
  if (to != NULL) memcpy(to, weights + offset, bytes);
  return 0;
}
#else
const void *board_weight_file(size_t *bytes)
{
  *bytes = weight_bytes();
  return weights;
}
#endif
#endif

int main(int argc, char **argv)
{
  struct sigaction action;
  if (argc < 2) return 2;
  arguments = argv;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_replug;
  sigaction(SIGUSR1, &action, NULL);
  if (getenv("MASTER")) master = fault("MASTER");
  else plug();
  puts("ready");
  fflush(stdout);
  if (getenv("SAYS")) board_write((const unsigned char *)getenv("SAYS"), strlen(getenv("SAYS")));
  board_serve();
  return 0;
}
