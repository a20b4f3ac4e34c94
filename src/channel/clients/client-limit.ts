/** How many clients a channel has room for, in all and for each address. Nobody is evicted to make room. */
export class ClientLimit {
  readonly #limit: number;
  readonly #limitPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(limit: number, limitPerAddress: number) {
    this.#limit = limit;
    this.#limitPerAddress = limitPerAddress;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a place, or says why there is none. A place that was taken must be freed once, with the same address. */
  take(address?: string): string | undefined {
    if (this.#taken >= this.#limit) return `all ${this.#limit} places are taken`;
    if (address !== undefined) {
      const taken = this.#byAddress.get(address) ?? 0;
      if (taken >= this.#limitPerAddress) return `this address has ${taken} streams open already`;
      this.#byAddress.set(address, taken + 1);
    }
    this.#taken++;
    return undefined;
  }

  /** Gives a place back; it can be taken again at once. */
  free(address?: string): void {
    this.#taken--;
    if (address === undefined) return;
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
