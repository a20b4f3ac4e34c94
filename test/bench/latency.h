/*
 * A histogram of latencies: 64 buckets for each power of two, so every figure is right within 1.6 %.
 */
#include <stdint.h>
#include <string.h>

static uint64_t latency_buckets[64 * 60], latency_count;

static void forget_latencies(void) {
  memset(latency_buckets, 0, sizeof latency_buckets);
  latency_count = 0;
}

static void record_latency(uint64_t ns) {
  /* The six bits below the highest one, and how far they were shifted. */
  unsigned shift = ns < 64 ? 0 : 57 - (unsigned)__builtin_clzll(ns);
  latency_buckets[shift * 64 + (ns >> shift)]++;
  latency_count++;
}

/* Milliseconds that this share of the latencies does not exceed. */
static double latency_ms(double share) {
  uint64_t rank = (uint64_t)(share * (double)latency_count), seen = 0;
  for (unsigned i = 0; i < sizeof latency_buckets / sizeof *latency_buckets; i++) {
    seen += latency_buckets[i];
    if (seen > rank) {
      unsigned shift = i < 128 ? 0 : i / 64 - 1;
      return (double)((uint64_t)(i - shift * 64) << shift) / 1e6;
    }
  }
  return 0;
}
