import { invalidOption } from "../../error.ts";

/**
 * The minimum number of bits of a token on an address that other machines reach. The estimate is low for short texts,
 * so the minimum accepts every token of `openssl rand -hex 16`, which has 128 bits.
 */
const MIN_BITS = 64;

/** Whether only this machine can reach a server that listens on this name or address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/i.test(host);
}

/**
 * Refuses a weak token on an address that other machines can reach.
 *
 * @param option - The name of the token's option, for the message.
 * @param token - The token.
 * @param host - The name or address that the server listens on.
 * @throws {TailcastError} `INVALID_OPTION`
 */
export function checkStrength(option: string, token: string, host: string): void {
  if (isLoopback(host) || bitsOf(token) >= MIN_BITS) return;
  const reason = `${host} is reachable from other machines, and they could guess this token`;
  const advice = 'make a token with "openssl rand -base64 24"';
  throw invalidOption(option, `${reason}; ${advice}`);
}

/** Estimates the bits of a text from the frequencies of its characters (Shannon entropy). */
function bitsOf(text: string): number {
  const characters = [...text];
  const counts = new Map<string, number>();
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1);
  return -[...counts.values()].reduce((sum, count) => sum + count * Math.log2(count / characters.length), 0);
}
