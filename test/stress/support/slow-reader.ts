import { connect } from "node:net";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { Ledger } from "./ledger.js";
import type { Socket } from "node:net";
import type { Round } from "./scenario.js";

/** The number of bytes of one read. */
const SIP_BYTES = 1000;

/**
 * A client that reads a thousand bytes from its socket at a time, and only on request. (A client of `node:http` reads
 * 64 KiB at a time.) Over HTTP/1.0, which has no chunks.
 */
export class SlowReader {
  readonly ledger: Ledger;
  readonly #decoder = new EventStreamDecoder();
  readonly #socket: Socket;
  #head: string | undefined = "";
  #isAwake = false;

  /** @param first - The number of the first event that it must see. */
  constructor(round: Round, port: number, first: number) {
    this.ledger = new Ledger(first);
    const onread = {
      buffer: Buffer.alloc(SIP_BYTES),
      callback: (length: number, bytes: Uint8Array): boolean => {
        round.guard(() => this.#receive(bytes.subarray(0, length)));
        return this.#isAwake;
      },
    };
    this.#socket = connect({ port, host: "127.0.0.1", onread });
    this.#socket.on("close", () => round.fail(new Error("the connection of a slow reader was closed")));
    this.#socket.on("error", (error) => round.fail(error));
    this.#socket.write("GET / HTTP/1.0\r\n\r\n");
    round.after(() => this.#socket.removeAllListeners("close").destroy());
  }

  /** Reads a little. */
  sip(): void {
    this.#socket.resume();
  }

  /** Reads everything from now on. */
  wake(): void {
    this.#isAwake = true;
    this.sip();
  }

  /** Reads only on request again. */
  sleep(): void {
    this.#isAwake = false;
  }

  #receive(bytes: Uint8Array): void {
    let body = bytes;
    if (this.#head !== undefined) {
      const start = this.#head.length;
      this.#head += Buffer.from(bytes).toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#head = undefined;
      body = bytes.subarray(end + 4 - start);
    }
    for (const event of this.#decoder.decode(body)) this.ledger.record(event);
  }
}
