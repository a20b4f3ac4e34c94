import { crc32 } from "node:zlib";
import { shiftBy } from "../connections/crc32.ts";
import { deflateWhole } from "../connections/gzip.ts";

/** Bytes of a response body, and, where they are kept, the same bytes as HTTP/1.1 sends them. */
export class ChunkedBytes {
  /** The bytes alone: for HTTP/1.0, HTTP/2 and Fetch. */
  readonly payload: Buffer;
  /**
   * The bytes as one HTTP/1.1 chunk (RFC 9112 section 7.1: size in hexadecimal, CRLF, the data, CRLF), so that
   * delivering them is a single write of a Buffer that already exists; `payload` is a view into it. `undefined` when
   * they are a view into other bytes: then the frame is written around them.
   */
  readonly chunked: Buffer | undefined;

  private constructor(payload: Buffer, chunked: Buffer | undefined) {
    this.payload = payload;
    this.chunked = chunked;
  }

  /** @param content - Text, or bytes, which are copied. Not empty: an empty chunk would end the body. */
  static of(content: string | Uint8Array): ChunkedBytes {
    const byteLength = typeof content === "string" ? Buffer.byteLength(content) : content.length;
    const head = chunkHead(byteLength);
    // Not from Node's shared 8 KiB pool: a small chunk that the log keeps for hours would keep a whole pool slab alive.
    const chunked = Buffer.allocUnsafeSlow(head.length + byteLength + 2);
    chunked.write(head, "latin1");
    // In ASCII a character is a byte, and nothing needs to be encoded.
    const encoding = byteLength === content.length ? "latin1" : "utf8";
    if (typeof content === "string") chunked.write(content, head.length, encoding);
    else chunked.set(content, head.length);
    chunked.write("\r\n", head.length + byteLength, "latin1");
    return new ChunkedBytes(chunked.subarray(head.length, head.length + byteLength), chunked);
  }

  /** Bytes that belong to another object, without a copy. Not empty. */
  static view(bytes: Buffer): ChunkedBytes {
    return new ChunkedBytes(bytes, undefined);
  }
}

/** The line before the data of an HTTP/1.1 chunk; CRLF follows the data. */
export function chunkHead(byteLength: number): string {
  return `${byteLength.toString(16)}\r\n`;
}

/** Event-stream bytes, encoded once, and compressed at most once, for every connection that sends them. */
export class EncodedBytes {
  readonly plain: ChunkedBytes;
  #deflated: ChunkedBytes | undefined;
  #crc = 0;
  #shift = 0;

  /**
   * @param content - Event-stream text, which is encoded, or bytes of another object, which are not copied. Not empty.
   */
  constructor(content: string | Buffer) {
    this.plain = typeof content === "string" ? ChunkedBytes.of(content) : ChunkedBytes.view(content);
  }

  /** The number of event-stream bytes. */
  get byteLength(): number {
    return this.plain.payload.length;
  }

  /** The same bytes as a whole number of deflate blocks that refer to nothing before them. */
  get deflated(): ChunkedBytes {
    this.#deflated ??= ChunkedBytes.of(deflateWhole(this.plain.payload));
    return this.#deflated;
  }

  /** The CRC-32 of the bytes. */
  get crc(): number {
    this.#measure();
    return this.#crc;
  }

  /** The factor of a checksum when these bytes follow; see `combine`. Never 0 once known. */
  get shift(): number {
    this.#measure();
    return this.#shift;
  }

  #measure(): void {
    if (this.#shift !== 0) return;
    this.#crc = crc32(this.plain.payload);
    this.#shift = shiftBy(this.byteLength);
  }
}
