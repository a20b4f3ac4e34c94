import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Duplex } from "node:stream";
import type { Arrival, BodyEnd, Exchange } from "./exchange.ts";

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  "gzip": createGunzip,
  "x-gzip": createGunzip,
  "deflate": createInflate,
  "br": createBrotliDecompress,
};

/** The head of a response. */
export type Head = Pick<Exchange, "status" | "httpVersion" | "headers">;

/** The maximum number of recorded bytes. Only very fast streams reach it. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Records a response with the time of each part. */
export class Recorder {
  readonly #url: URL;
  readonly #start = performance.now();
  readonly #startedAt = Date.now();
  readonly #arrivals: Arrival[] = [];
  readonly #decoded: Arrival[] = [];
  #decoder: Duplex | undefined;
  #isDecoded: Promise<unknown> = Promise.resolve();
  #bytes = 0;
  #head: Head | undefined;
  #headAt = 0;
  #end: BodyEnd = "open";
  #endAt: number | undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  head(head: Head): void {
    this.#head = head;
    this.#headAt = this.#now();
    const encoding = (head.headers["content-encoding"] ?? "").trim().toLowerCase();
    this.#decoder = DECODERS[encoding]?.();
    this.#decoder?.on("data", (bytes: Uint8Array) => {
      this.#bytes += bytes.length;
      if (this.isFull) this.#decoder?.destroy();
      else this.#decoded.push({ at: this.#now(), bytes });
    });
    this.#decoder?.on("error", () => undefined);
  }

  /** Whether no more bytes are recorded. */
  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  data(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.isFull) return;
    const arrival = { at: this.#now(), bytes };
    this.#arrivals.push(arrival);
    if (this.#decoder === undefined) this.#decoded.push(arrival);
    else this.#decode(this.#decoder, bytes);
  }

  /** Resolves when the bytes up to now are decoded. */
  async settled(): Promise<void> {
    await this.#isDecoded;
  }

  /** Notes the end of the body. The first call counts. */
  end(end: BodyEnd): void {
    if (this.#endAt !== undefined) return;
    this.#end = end;
    this.#endAt = this.#now();
  }

  /** The exchange up to now; `undefined` before the head. */
  exchange(): Exchange | undefined {
    if (this.#head === undefined) return undefined;
    return {
      url: this.#url,
      ...this.#head,
      headAt: this.#headAt,
      startedAt: this.#startedAt,
      arrivals: [...this.#arrivals],
      decoded: [...this.#decoded],
      end: this.#end,
      endAt: this.#endAt ?? this.#now(),
    };
  }

  #decode(decoder: Duplex, bytes: Uint8Array): void {
    if (decoder.destroyed) return;
    this.#isDecoded = new Promise<void>((resolve) => {
      decoder.once("close", resolve);
      decoder.write(bytes, () => {
        decoder.off("close", resolve);
        resolve();
      });
    });
  }

  #now(): number {
    return performance.now() - this.#start;
  }
}
