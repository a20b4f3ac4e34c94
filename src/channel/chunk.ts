import { crc32 } from "node:zlib";
import { shiftBy } from "./crc32.ts";
import { deflateWhole } from "./gzip.ts";

/**
 * Bytes in the framing that nearly all connections need, one HTTP/1.1 chunk (RFC 9112 section 7.1: size in hexadecimal,
 * CRLF, the data, CRLF), so that delivering them is a single write of a Buffer that already exists. The unframed bytes (for
 * HTTP/1.0, HTTP/2 and Fetch) are a view into the same memory.
 */
export class Framed {
  readonly framed: Buffer;
  /** The number of bytes without the framing. */
  readonly byteLength: number;

  /** @param content - Text, or bytes, which are copied. Not empty: an empty chunk would end the body. */
  constructor(content: string | Uint8Array) {
    this.byteLength = typeof content === "string" ? Buffer.byteLength(content) : content.length;
    const head = `${this.byteLength.toString(16)}\r\n`;
    // Not from Node's shared 8 KiB pool: a small chunk that the log keeps for hours would keep a whole pool slab alive.
    this.framed = Buffer.allocUnsafeSlow(head.length + this.byteLength + 2);
    this.framed.write(head, "latin1");
    if (typeof content === "string") this.framed.write(content, head.length, "utf8");
    else this.framed.set(content, head.length);
    this.framed.write("\r\n", head.length + this.byteLength, "latin1");
  }

  /** The bytes without the framing. */
  get payload(): Buffer {
    const end = this.framed.length - 2;
    return this.framed.subarray(end - this.byteLength, end);
  }
}

/** Event-stream bytes, encoded once, and compressed at most once, for every connection that sends them. */
export class Chunk {
  readonly plain: Framed;
  #deflated: Framed | undefined;
  #crc = 0;
  #shift = 0;

  /** @param content - Event-stream text, or its bytes, which are copied. Not empty. */
  constructor(content: string | Uint8Array) {
    this.plain = new Framed(content);
  }

  /** The number of event-stream bytes. */
  get byteLength(): number {
    return this.plain.byteLength;
  }

  /** The same bytes as a whole number of deflate blocks that refer to nothing before them. */
  get deflated(): Framed {
    this.#deflated ??= new Framed(deflateWhole(this.plain.payload));
    return this.#deflated;
  }

  /** The CRC-32 of the bytes. */
  get crc(): number {
    this.#measure();
    return this.#crc;
  }

  /** What multiplies a checksum when these bytes follow; see `combine`. Never 0 once known. */
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
