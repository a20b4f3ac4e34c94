import { Socket } from "node:net";
import { Readable } from "node:stream";
import type { OnReadOpts, SocketConstructorOpts } from "node:net";

/** The maximum size of one read, in bytes: what a pipe holds by default. */
const READ_BYTES = 64 * 1024;

/** A read that returns fewer bytes is followed by a pause. */
const SMALL_READ_BYTES = 32 * 1024;

/** The pause after a small read, in milliseconds. */
const PAUSE = 2;

/**
 * Reads a pipe in portions. Every write to an empty pipe wakes the reader, and a read costs as much as splitting fifty
 * lines. Bytes that arrive after a silence are read immediately. Bytes that follow a small read stay in the pipe for
 * {@link PAUSE}. A program that prints line by line costs this process less than half of the processor time then. The
 * program waits only if it fills the pipe during the pause.
 */
export class PipeReader extends Readable {
  readonly #socket: Socket;
  #isPausing = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param descriptor - The reading end, non-blocking. It is closed with the reader.
   * @param onRead - Called after each read, before anything else happens.
   * @throws {Error} When the descriptor cannot be read. It stays open then.
   */
  constructor(descriptor: number, onRead: () => void) {
    // One portion is buffered, whatever its size.
    super({ highWaterMark: 1 });
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length, buffer) => {
        onRead();
        this.#isPausing = length < SMALL_READ_BYTES;
        this.push(Buffer.from(buffer.subarray(0, length)));
        // Pauses the socket until `_read` resumes it.
        return false;
      },
    };
    // The types of Node.js 20 lack `onread` here.
    const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd: descriptor, writable: false, onread };
    this.#socket = new Socket(options);
    this.#socket.once("end", () => this.push(null));
    this.#socket.once("error", (error) => this.destroy(error));
  }

  override _read(): void {
    if (!this.#isPausing) {
      this.#socket.resume();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#socket.resume();
    }, PAUSE);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (this.#socket.closed) return callback(error);
    this.#socket.once("close", () => callback(error));
    this.#socket.destroy();
  }
}
