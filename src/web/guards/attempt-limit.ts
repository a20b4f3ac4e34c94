import { createHash } from "node:crypto";
import { HttpError } from "../../http/http-error.ts";

/** The number of wrong guesses after which an address must wait. */
const FREE_GUESSES = 5;

/** The wait after the last free guess, in milliseconds. Each further wrong guess doubles it. */
const FIRST_WAIT = 1000;

/** The longest wait of an address, in milliseconds. */
const LONGEST_WAIT = 15 * 60_000;

/** The time after the last wrong guess of an address after which its count starts again, in milliseconds. */
const FORGET_AFTER = 60 * 60_000;

/** The number of wrong guesses of all addresses in a {@link WINDOW} after which only trusted addresses may guess. */
const GUESSES_IN_ALL = 100;

/** The period of {@link GUESSES_IN_ALL}, in milliseconds. */
const WINDOW = 60_000;

/** The maximum number of stored addresses of each kind. */
const MAX_ADDRESSES = 10_000;

/** The wrong guesses of an address. */
interface Guesses {
  readonly count: number;
  readonly last: Buffer;
  readonly at: number;
  readonly blockedUntil: number;
}

/**
 * Slows down the guessing of secrets. From its fifth wrong guess on, an address must wait after each wrong guess: 1 s,
 * 2 s, 4 s ... 15 min. After 100 wrong guesses of all addresses in a minute, only addresses that have sent a correct
 * secret before may guess. If an address repeats a secret, this is not a new guess, so a client with an old token does
 * not block other clients.
 */
export class AttemptLimit {
  readonly #now: () => number;
  readonly #guesses = new Map<string, Guesses>();
  readonly #trusted = new Set<string>();
  #windowEnd = 0;
  #countInWindow = 0;

  /** @param now - The time in milliseconds, from any start. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The number of stored addresses. */
  get size(): number {
    return this.#guesses.size + this.#trusted.size;
  }

  /**
   * Refuses an address that must wait, even with a correct secret: otherwise it could guess during the wait.
   *
   * @param address - The key of the client's address.
   * @throws {HttpError} `TOO_MANY_ATTEMPTS`, with `Retry-After`.
   */
  check(address: string): void {
    const now = this.#now();
    const own = (this.#guesses.get(address)?.blockedUntil ?? 0) - now;
    const isFull = this.#countInWindow >= GUESSES_IN_ALL && !this.#trusted.has(address);
    const all = isFull ? this.#windowEnd - now : 0;
    const wait = Math.max(own, all);
    if (wait <= 0) return;
    const seconds = Math.ceil(wait / 1000);
    const message = `Cannot check the token: too many wrong tokens; try again in ${seconds} s`;
    throw new HttpError("TOO_MANY_ATTEMPTS", message, { headers: { "Retry-After": String(seconds) } });
  }

  /** Counts a wrong secret. */
  fail(address: string, secret: string): void {
    const now = this.#now();
    const last = createHash("sha256").update(secret).digest();
    const before = this.#guesses.get(address);
    if (before?.last.equals(last) === true) return;
    const count = before === undefined || now - before.at > FORGET_AFTER ? 1 : before.count + 1;
    const wait = count < FREE_GUESSES ? 0 : Math.min(FIRST_WAIT * 2 ** (count - FREE_GUESSES), LONGEST_WAIT);
    this.#guesses.delete(address);
    this.#guesses.set(address, { count, last, at: now, blockedUntil: now + wait });
    dropOldest(this.#guesses);
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#countInWindow = 0;
    }
    this.#countInWindow += 1;
  }

  /**
   * Records that an address has sent a correct secret. Its wrong guesses still count, because a viewer could guess the
   * token of builders.
   */
  succeed(address: string): void {
    this.#trusted.delete(address);
    this.#trusted.add(address);
    dropOldest(this.#trusted);
  }
}

/** Removes the oldest entry when the limit is exceeded. */
function dropOldest(entries: Map<string, unknown> | Set<string>): void {
  const [oldest] = entries.keys();
  if (entries.size > MAX_ADDRESSES && oldest !== undefined) entries.delete(oldest);
}
