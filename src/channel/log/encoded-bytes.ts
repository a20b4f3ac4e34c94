import { crc32 } from "node:zlib";
import { shiftBy } from "../connections/crc32.ts";
import { deflateWhole } from "../connections/gzip.ts";

/** Bytes of a response body, and, for bytes that are kept, the same bytes with the chunk framing of HTTP/1.1. */
export class ChunkedBytes {
  /** The bytes without framing, for HTTP/1.0, HTTP/2 and Fetch. */
  readonly payload: Buffer;
  /**
   * The bytes as one HTTP/1.1 chunk (RFC 9112 section 7.1: size in hexadecimal, CRLF, the data, CRLF). Each delivery is
   * then a single write of an existing Buffer; `payload` is a view into it. `undefined` when the bytes are a view into
   * other bytes: the connection then writes the framing around them.
   */
  readonly chunked: Buffer | undefined;

  private constructor(payload: Buffer, chunked: Buffer | undefined) {
    this.payload = payload;
    this.chunked = chunked;
  }

  /** @param content - Text, or bytes to copy. It must not be empty: an empty chunk would end the body. */
  static of(content: string | Uint8Array): ChunkedBytes {
    const byteLength = typeof content === "string" ? Buffer.byteLength(content) : content.length;
    const head = chunkHead(byteLength);
    // Do not use Node's shared pool: a small chunk that the log keeps for hours would keep 8 KiB of the pool in memory.
    const chunked = Buffer.allocUnsafeSlow(head.length + byteLength + 2);
    chunked.write(head, "latin1");
    // In ASCII each character is one byte, so the text need not be encoded.
    const encoding = byteLength === content.length ? "latin1" : "utf8";
    if (typeof content === "string") chunked.write(content, head.length, encoding);
    else chunked.set(content, head.length);
    chunked.write("\r\n", head.length + byteLength, "latin1");
    return new ChunkedBytes(chunked.subarray(head.length, head.length + byteLength), chunked);
  }

  /** Wraps another object's bytes without a copy. They must not be empty. */
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
   * @param content - Event-stream text to encode, or another object's bytes, which are not copied. It must not be
   * empty.
   */
  constructor(content: string | Buffer) {
    this.plain = typeof content === "string" ? ChunkedBytes.of(content) : ChunkedBytes.view(content);
  }

  /** The number of event-stream bytes. */
  get byteLength(): number {
    return this.plain.payload.length;
  }

  /** The same bytes as whole deflate blocks that do not refer to earlier data. */
  get deflated(): ChunkedBytes {
    this.#deflated ??= ChunkedBytes.of(deflateWhole(this.plain.payload));
    return this.#deflated;
  }

  /** The CRC-32 of the bytes. */
  get crc(): number {
    this.#measure();
    return this.#crc;
  }

  /** The factor for a checksum that these bytes follow; see `combine`. It is never 0 after it was computed. */
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
