/*
 * The fastest child: the lines of `child.mjs`, 64 KiB in a write, as `yes` and `tar -v` write. No build tool prints
 * like this.
 *
 *     child GATE LINES
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE 120
#define BUFFERED (65536 / LINE * LINE)
#define FILES 911

static char buffer[BUFFERED], texts[FILES][LINE + 1];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long lines = atol(argv[2]);
  for (int i = 0; i < FILES; i++) {
    int length = snprintf(texts[i], LINE, "compiled src/components/table/column-%d-menu.tsx to dist/assets in %d ms ",
                          i, i * 37 % FILES);
    memset(texts[i] + length, '.', (size_t)(LINE - length));
  }
  char byte;
  int gate = open(argv[1], O_RDONLY);
  if (gate < 0 || read(gate, &byte, 1) < 0) return 1;
  size_t used = 0;
  struct timespec now;
  for (long i = 0; i < lines; i++) {
    if (used == 0) clock_gettime(CLOCK_MONOTONIC, &now);
    char *line = buffer + used;
    uint64_t time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    int head = snprintf(line, LINE, "~%016lu %ld ", time, i + 1);
    memcpy(line + head, texts[i % FILES], (size_t)(LINE - 1 - head));
    line[LINE - 1] = '\n';
    used += LINE;
    if (used < BUFFERED && i + 1 < lines) continue;
    for (size_t written = 0; written < used;) {
      ssize_t length = write(1, buffer + written, used - written);
      if (length < 0) return 1;
      written += (size_t)length;
    }
    used = 0;
  }
  return 0;
}
