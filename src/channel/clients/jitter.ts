/**
 * Returns a random delay between `ms` and twice `ms`, so that clients that were refused at the same time do not
 * reconnect at the same time.
 */
export function jittered(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}
