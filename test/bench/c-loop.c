/*
 * The limit: an epoll server that does nothing but send() the same bytes to every client.
 *
 * It prints its port, answers every request with the head of an event stream, and then reads frames from standard
 * input, each a 32-bit length N (little-endian) and N bytes, which it sends to all clients unchanged.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 20000

static const char HEAD[] =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";

static int clients[MAX_CLIENTS], client_count;
static int epoll, server;
static char frame[1 << 20];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static void read_whole(void *into, size_t length) {
  for (size_t have = 0; have < length;) {
    ssize_t more = read(STDIN_FILENO, (char *)into + have, length - have);
    if (more <= 0) exit(0);
    have += (size_t)more;
  }
}

static void publish(void) {
  uint32_t length;
  read_whole(&length, sizeof length);
  if (length > sizeof frame) fail("frame");
  read_whole(frame, length);
  for (int i = 0; i < client_count; i++) {
    ssize_t sent = send(clients[i], frame, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    /* A client that does not take all of it at once has lost its place in the stream: the report will say so. */
    if (sent != (ssize_t)length) shutdown(clients[i], SHUT_RDWR);
  }
}

static void accept_client(void) {
  int fd = accept(server, NULL, NULL), on = 1;
  if (fd < 0) fail("accept");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(fd);
}

static void answer(int fd) {
  char request[4096];
  if (read(fd, request, sizeof request) <= 0) {
    close(fd);
  } else if (client_count < MAX_CLIENTS && send(fd, HEAD, sizeof HEAD - 1, MSG_NOSIGNAL) > 0) {
    clients[client_count++] = fd;
  }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll = epoll_create1(0);
  server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, size) < 0 || listen(server, 4096) < 0) fail("listen");
  getsockname(server, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  watch(server);
  watch(STDIN_FILENO);
  for (;;) {
    struct epoll_event ready[256];
    int found = epoll_wait(epoll, ready, 256, -1);
    for (int i = 0; i < found; i++) {
      int fd = ready[i].data.fd;
      if (fd == STDIN_FILENO) publish();
      else if (fd == server) accept_client();
      else answer(fd);
    }
  }
}
