/** How many clients a channel has room for, in all and for each address. Nobody is evicted to make room. */
export class Places {
  readonly #limit: number;
  readonly #limitPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor(limit: number, limitPerAddress: number) {
    this.#limit = limit;
    this.#limitPerAddress = limitPerAddress;
  }

  /** Takes a place, or says why there is none. A place that was taken must be freed once. */
  take(address: string): string | undefined {
    if (this.#taken >= this.#limit) return `all ${this.#limit} places are taken`;
    const taken = this.#byAddress.get(address) ?? 0;
    if (taken >= this.#limitPerAddress) return `this address has ${taken} streams open already`;
    this.#byAddress.set(address, taken + 1);
    this.#taken++;
    return undefined;
  }

  /** Gives a place back; it can be taken again at once. */
  free(address: string): void {
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
    this.#taken--;
  }
}
