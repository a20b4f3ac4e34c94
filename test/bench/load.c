/*
 * The load generator: opens N event streams, counts the events, measures how old they are, and reports JSON.
 *
 *     load PORT PATH CLIENTS CONTROL [CODING]
 *
 * An event is one marker byte, `~`, which occurs nowhere else, followed by 16 digits: the CLOCK_MONOTONIC time of its
 * publication in nanoseconds. Counting one byte needs no memory of what was read before, and compilers vectorise it.
 *
 * CONTROL is the publisher's Unix socket. Each line is a message:
 *
 *     open     to the publisher: all streams are open
 *     start S  from it: forget everything, answer `0`, and from now on
 *     T        tell how many events have come in all, whenever that passes a multiple of S
 *     end      from it: print the report and exit
 *     closed   to the publisher: all streams have ended
 *
 * With CODING, `gzip` or `identity`, the clients ask for it, and for the connection to end with the stream. They
 * do not decode compressed streams: two hundred decoders would need more than one core.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "latency.h"

#define MARKER '~'
#define TIME_DIGITS 16
/* The maximum number of requests that wait for their answer: below every server's listen backlog. */
#define OPENING 64

struct client {
  int fd;
  int head_matched; /* bytes of the blank line after the head seen so far; 4: the stream is open */
  uint64_t events;
};

static struct client *clients;
static int client_count, open_count, lost_count, epoll, control;
static const char *coding = "identity", *persistence = "keep-alive";
static uint64_t total, bytes, ack_step, next_ack, started_at, last_at, cpu_at_start;
static char buffer[1 << 18];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void send_line(const char *line) {
  if (write(control, line, strlen(line)) < 0) fail("control");
}

static void start(uint64_t step) {
  total = bytes = 0;
  forget_latencies();
  for (int i = 0; i < client_count; i++) clients[i].events = 0;
  ack_step = next_ack = step;
  started_at = last_at = clock_ns(CLOCK_MONOTONIC);
  cpu_at_start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  send_line("0\n");
}

static void report(void) {
  uint64_t min = UINT64_MAX, max = 0;
  for (int i = 0; i < client_count; i++) {
    if (clients[i].events < min) min = clients[i].events;
    if (clients[i].events > max) max = clients[i].events;
  }
  printf("{\"open\":%d,\"lost\":%d,\"min\":%lu,\"max\":%lu,\"events\":%lu,\"bytes\":%lu,\"seconds\":%.6f,"
         "\"cpuSeconds\":%.6f,\"p50\":%.4f,\"p99\":%.4f}\n",
         open_count, lost_count, min, max, total, bytes, (double)(last_at - started_at) / 1e9,
         (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_start) / 1e9, latency_ms(0.5), latency_ms(0.99));
  exit(0);
}

static void read_control(void) {
  char line[64];
  ssize_t length = read(control, line, sizeof line - 1);
  if (length <= 0) exit(1);
  line[length] = 0;
  uint64_t step;
  if (sscanf(line, "start %lu", &step) == 1) start(step);
  else if (strncmp(line, "end", 3) == 0) report();
}

static void count(struct client *client, const char *data, size_t length) {
  uint64_t events = 0;
  if (strcmp(coding, "identity") != 0) {
    bytes += length;
    return;
  }
  for (size_t i = 0; i < length; i++) events += data[i] == MARKER;
  bytes += length;
  if (events == 0) return;
  uint64_t now = clock_ns(CLOCK_MONOTONIC), published = 0;
  /* The first event of each read is the oldest: the others are not looked at, which keeps this program cheap. */
  const char *digits = (const char *)memchr(data, MARKER, length) + 1;
  if (digits + TIME_DIGITS <= data + length) {
    for (int i = 0; i < TIME_DIGITS; i++) published = published * 10 + (uint64_t)(digits[i] - '0');
    record_latency(now - published);
  }
  client->events += events;
  total += events;
  last_at = now;
  if (ack_step == 0 || total < next_ack) return;
  char line[32];
  snprintf(line, sizeof line, "%lu\n", total);
  send_line(line);
  next_ack = total - total % ack_step + ack_step;
}

static void read_client(struct client *client) {
  ssize_t length = read(client->fd, buffer, sizeof buffer);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) {
    close(client->fd);
    last_at = clock_ns(CLOCK_MONOTONIC);
    if (++lost_count == client_count) send_line("closed\n");
    return;
  }
  const char *data = buffer, *end = buffer + length;
  if (client->head_matched < 4) {
    while (data < end && client->head_matched < 4) {
      char byte = *data++;
      if (byte == "\r\n\r\n"[client->head_matched]) client->head_matched++;
      else client->head_matched = byte == '\r';
    }
    if (client->head_matched < 4) return;
    if (memcmp(buffer, "HTTP/1.1 200", 12) != 0) {
      fprintf(stderr, "the server answered: %.60s\n", buffer);
      exit(1);
    }
    open_count++;
  }
  count(client, data, (size_t)(end - data));
}

static void pump(void) {
  struct epoll_event ready[512];
  int found = epoll_wait(epoll, ready, 512, -1);
  for (int i = 0; i < found; i++) {
    if (ready[i].data.ptr == NULL) read_control();
    else read_client(ready[i].data.ptr);
  }
}

static void watch(int fd, void *pointer) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = pointer};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void open_client(struct client *client, int port, const char *path) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  /* End with a reset: thousands of connections in TIME_WAIT would use up the ports. */
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  /* The head that a browser sends, since servers keep it for as long as the stream is open. */
  int length = snprintf(buffer, sizeof buffer,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: %s\r\nsec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "Accept: text/event-stream\r\nCache-Control: no-cache\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1:%d/\r\nAccept-Encoding: %s\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n\r\n",
    path, port, persistence, port, coding);
  if (write(client->fd, buffer, (size_t)length) != length) fail("request");
  fcntl(client->fd, F_SETFL, O_NONBLOCK);
  watch(client->fd, client);
}

int main(int argc, char **argv) {
  if (argc != 5 && argc != 6) {
    fprintf(stderr, "usage: load PORT PATH CLIENTS CONTROL [CODING]\n");
    return 2;
  }
  if (argc == 6) {
    coding = argv[5];
    persistence = "close";
  }
  client_count = atoi(argv[3]);
  clients = calloc((size_t)client_count, sizeof *clients);
  epoll = epoll_create1(0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[4], sizeof address.sun_path - 1);
  control = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(control, (struct sockaddr *)&address, sizeof address) < 0) fail("control");
  watch(control, NULL);
  for (int i = 0; i < client_count; i++) {
    while (i - open_count - lost_count >= OPENING) pump();
    open_client(&clients[i], atoi(argv[1]), argv[2]);
  }
  while (open_count + lost_count < client_count) pump();
  send_line("open\n");
  for (;;) pump();
}
