/**
 * A delay between `ms` and twice `ms`, at random: clients that were all refused at one moment do not reconnect at one
 * moment. (A constant delay would keep the wave together.)
 */
export function jittered(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}
