/** Limits the number of clients, in total and for each address. A new client never replaces a connected one. */
export class ClientLimit {
  readonly #limit: number;
  readonly #limitPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #count = 0;

  constructor(limit: number, limitPerAddress: number) {
    this.#limit = limit;
    this.#limitPerAddress = limitPerAddress;
  }

  /** The number of places in use. */
  get count(): number {
    return this.#count;
  }

  /** Returns the reason why no place is free for another client; `undefined` when a place is free. */
  obstacle(address?: string): string | undefined {
    if (this.#count >= this.#limit) return `the limit of ${this.#limit} clients is reached`;
    if (address === undefined) return undefined;
    const count = this.#byAddress.get(address) ?? 0;
    return count < this.#limitPerAddress ? undefined : `the limit of ${count} clients for one address is reached`;
  }

  /**
   * Acquires a place, or returns the reason why no place is free. The caller must release an acquired place once, with
   * the same address.
   */
  acquire(address?: string): string | undefined {
    const obstacle = this.obstacle(address);
    if (obstacle !== undefined) return obstacle;
    if (address !== undefined) this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.#count++;
    return undefined;
  }

  /** Releases a place. Another client can acquire it immediately. */
  release(address?: string): void {
    this.#count--;
    if (address === undefined) return;
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
