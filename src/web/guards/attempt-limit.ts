import { createHash } from "node:crypto";
import { HttpError } from "../../http/http-error.ts";

/** The number of wrong guesses of an address before it must wait. */
const FREE_GUESSES = 5;

/** The wait after the last free guess, in milliseconds. Each further wrong guess doubles it. */
const FIRST_WAIT = 1000;

/** The longest wait of an address, in milliseconds. */
const LONGEST_WAIT = 15 * 60_000;

/** An address that has not guessed for this time, in milliseconds, has its free guesses again. */
const FORGET_AFTER = 60 * 60_000;

/** The number of wrong guesses of all addresses in a {@link WINDOW} before only trusted addresses may guess. */
const GUESSES_IN_ALL = 100;

/** The period of {@link GUESSES_IN_ALL}, in milliseconds. */
const WINDOW = 60_000;

/** The largest number of addresses to remember, of each kind. */
const MAX_ADDRESSES = 10_000;

/** The wrong guesses of an address. */
interface Guesses {
  readonly count: number;
  readonly last: Buffer;
  readonly at: number;
  readonly blockedUntil: number;
}

/**
 * Slows down the guessing of secrets. An address has five free guesses, then it waits for 1 s, 2 s, 4 s ... 15 min
 * after each wrong one. All addresses together have 100 wrong guesses a minute; then only addresses that have known a
 * secret before may try. A secret that an address repeats is not a new guess: a client with an old token blocks nobody.
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

  /** The number of addresses that it remembers. */
  get size(): number {
    return this.#guesses.size + this.#trusted.size;
  }

  /**
   * Refuses an address that must wait, whatever secret it has: otherwise it could guess without the wait.
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

  /** Notes that an address knows a secret. Its wrong guesses stay: a viewer may guess the token of builders. */
  succeed(address: string): void {
    this.#trusted.delete(address);
    this.#trusted.add(address);
    dropOldest(this.#trusted);
  }
}

/** Forgets the entry that was added first when there are too many. */
function dropOldest(entries: Map<string, unknown> | Set<string>): void {
  const [oldest] = entries.keys();
  if (entries.size > MAX_ADDRESSES && oldest !== undefined) entries.delete(oldest);
}
