import { constants, deflateRawSync } from "node:zlib";
import { combine } from "./crc32.ts";
import type { EncodedBytes } from "../log/encoded-bytes.ts";

/** The head of a gzip member (RFC 1952 section 2.3): deflate, no flags, no time, unknown system. */
export const GZIP_HEAD: Buffer = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** The minimum number of bytes to compress: compression hardly reduces fewer bytes. */
const WORTH_DEFLATING = 96;

/** The maximum length of a stored block (RFC 1951 section 3.2.4). */
const STORED_MAX = 0xffff;

/**
 * Compresses bytes into deflate blocks that end on a byte border and refer to nothing before them (a full flush, RFC
 * 1951). They can follow any earlier blocks, so all clients can share them. A decoder returns their content
 * immediately, without waiting for more blocks.
 */
export function deflateWhole(bytes: Buffer): Buffer {
  if (bytes.length >= WORTH_DEFLATING) {
    const deflated = deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
    if (deflated.length < bytes.length + 5 || bytes.length > STORED_MAX) return deflated;
  }
  const block = Buffer.allocUnsafe(bytes.length + 5);
  block[0] = 0;
  block.writeUInt16LE(bytes.length, 1);
  block.writeUInt16LE(~bytes.length & 0xffff, 3);
  block.set(bytes, 5);
  return block;
}

/** The checksum and length of one client's content, which the end of its gzip member contains. */
export class GzipSum {
  #crc = 0;
  #length = 0;

  add(bytes: EncodedBytes): void {
    this.#crc = combine(this.#crc, bytes.crc, bytes.shift);
    // The trailer has the length modulo 2^32, which a long stream may exceed.
    this.#length = (this.#length + bytes.byteLength) >>> 0;
  }

  /** The last block (empty, fixed codes) and the trailer (RFC 1952 section 2.3.1). */
  get tail(): Buffer {
    const tail = Buffer.alloc(10);
    tail.writeUInt16LE(0x0003, 0);
    tail.writeUInt32LE(this.#crc, 2);
    tail.writeUInt32LE(this.#length, 6);
    return tail;
  }
}
