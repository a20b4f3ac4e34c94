import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Lifetime } from "./lifetime.js";

/** The first bytes of a client with the largest windows, and a GET of `/` (RFC 9113 sections 3.4, 6.2, 6.5 and 6.9). */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from("000006040000000000" + "00047fffffff" + "000004080000000000" + "7fff0000", "hex"),
]);
const GET = Buffer.from("\0\0\x0e\x01\x05\0\0\0\x01\x82\x87\x84\x41\x09localhost", "latin1");
const PING = Buffer.from("\0\0\x08\x06\0\0\0\0\0" + "question", "latin1");
const GOAWAY = Buffer.from("\0\0\x08\x07\0\0\0\0\0" + "\0\0\0\0" + "\0\0\0\0", "latin1");

/** A client of HTTP/2 over TLS that answers no frame, and stays connected until the test ends. */
export class RawHttp2Client {
  readonly #tls: TLSSocket;
  readonly #tcp: Socket;

  constructor(t: Lifetime, port: number) {
    this.#tcp = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
    const options = { socket: this.#tcp, rejectUnauthorized: false, ALPNProtocols: ["h2"], allowHalfOpen: true };
    this.#tls = connectTls(options).on("error", () => undefined);
    this.#tls.write(PREFACE);
    t.after(() => void this.#tls.destroy());
  }

  /** Requests `/`, and reads nothing. */
  request(): void {
    this.#tls.write(GET);
  }

  /** Requests `/`. Resolves when the server has sent this part of the reply. */
  async get(part: string): Promise<void> {
    this.request();
    await this.#receive(part);
  }

  /** Announces that it opens no more streams. */
  goAway(): void {
    this.#tls.write(GOAWAY);
  }

  /**
   * Resets its connection while the server has a PING to read and bytes to write. The server then writes twice: the
   * first write fails, and the server reads the PING and answers it. Before Node 26, this second write never ends.
   *
   * @param write - Writes to an open stream of this client, in the server.
   */
  async resetBetweenWrites(write: () => void): Promise<void> {
    this.#tls.write(PING);
    await this.#receive("question", () => {
      // In a callback of I/O, the server writes before it reads again.
      this.#tls.write(PING);
      this.#tcp.resetAndDestroy();
      write();
    });
    assert.ok(this.#tcp.destroyed);
  }

  /** Resolves when bytes with this text arrive, and calls `react` at once. */
  async #receive(text: string, react: () => void = () => undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (bytes: Buffer): void => {
        if (!bytes.includes(text)) return;
        this.#tls.off("data", look);
        react();
        resolve();
      };
      this.#tls.on("data", look);
    });
  }
}
