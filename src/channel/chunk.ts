/**
 * Event-stream bytes, encoded once and shared by every connection that sends them.
 *
 * The bytes are kept in the framing that nearly all connections need, one HTTP/1.1 chunk (RFC 9112 section 7.1: size in
 * hexadecimal, CRLF, the data, CRLF), so that delivering to a client is a single write of a Buffer that already exists.
 * The unframed bytes (for HTTP/1.0 and HTTP/2) are a view into the same memory.
 */
export class Chunk {
  /** The bytes as one HTTP/1.1 chunk. */
  readonly framed: Buffer;
  /** The number of event-stream bytes, without HTTP framing. */
  readonly byteLength: number;

  /** @param content - Event-stream text, or its bytes, which are copied. Not empty: an empty chunk would end the body. */
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

  /** The bytes alone, without HTTP framing. */
  get payload(): Buffer {
    const end = this.framed.length - 2;
    return this.framed.subarray(end - this.byteLength, end);
  }
}
