/** The maximum time that a server can ask for with `Retry-After`, in milliseconds: one hour. */
const MAX_RETRY_AFTER = 3_600_000;

/** The limits of the reconnection time, in milliseconds. */
export interface DelayLimits {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Returns the time until the next connection, in milliseconds.
 *
 * After a connection that brought bytes it is the reconnection time of the stream (HTML 9.2.3). After consecutive
 * failures it is a random time between that and a limit that doubles each time, up to `max`, so that the clients of a
 * server that restarts do not all return at once ("full jitter").
 *
 * @param retry - The reconnection time that the stream has set, if it has.
 * @param failures - The number of consecutive attempts without a byte of the stream.
 */
export function reconnectDelay(limits: DelayLimits, retry: number | undefined, failures: number): number {
  const { initial, min, max } = limits;
  const base = Math.min(Math.max(retry ?? initial, min), max);
  if (failures === 0) return base;
  const ceiling = Math.min(max, Math.max(base, 1) * 2 ** failures);
  return Math.round(base + Math.random() * (ceiling - base));
}

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date. Returns milliseconds, at most one hour; 0
 * without a valid value.
 *
 * @param now - The current time, in milliseconds since 1970.
 */
export function readRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  const wanted = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Math.min(Math.max(wanted, 0) || 0, MAX_RETRY_AFTER);
}
