import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { Ledger } from "./ledger.js";
import type { Socket } from "node:net";

/**
 * Many clients in a separate thread, so that neither their work nor their memory counts for the server. All start at
 * the same event, over HTTP/1.0, which has no chunks, so all must receive the same bytes. The bytes of the first client
 * are decoded and checked; those of the others only need the same checksum, which is far cheaper.
 */
const { port, count } = workerData as { port: number; count: number };

const HEAD_END = Buffer.from("\r\n\r\n");

class Member {
  bytes = 0;
  checksum = 0;
  #head: Buffer | undefined = Buffer.alloc(0);
  readonly #onBody: (bytes: Uint8Array) => void;

  constructor(socket: Socket, onBody: (bytes: Uint8Array) => void) {
    this.#onBody = onBody;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("error", () => {});
    socket.on("close", () => parentPort?.postMessage({ fault: "a connection of the fleet was closed" }));
    socket.write("GET / HTTP/1.0\r\n\r\n");
  }

  #receive(bytes: Buffer): void {
    let body = bytes;
    if (this.#head !== undefined) {
      this.#head = Buffer.concat([this.#head, bytes]);
      const end = this.#head.indexOf(HEAD_END);
      if (end === -1) return;
      body = this.#head.subarray(end + HEAD_END.length);
      this.#head = undefined;
    }
    this.bytes += body.length;
    this.checksum = crc32(body, this.checksum);
    this.#onBody(body);
  }
}

const ledger = new Ledger();
const decoder = new EventStreamDecoder();
let goal = Infinity;

function account(bytes: Uint8Array): void {
  try {
    for (const event of decoder.decode(bytes)) ledger.record(event);
  } catch (error) {
    parentPort?.postMessage({ fault: (error as Error).message });
  }
}

/** Reports when every member has all events up to the goal. */
function look(): void {
  if (!ledger.isCompleteTo(goal)) return;
  const [first, ...others] = members;
  if (!others.every(({ bytes }) => bytes === first?.bytes)) return;
  const fault = others.some(({ checksum }) => checksum !== first?.checksum) ? "the streams differ" : undefined;
  const gaps = ledger.gaps > 0 ? "a client that keeps up got a gap" : undefined;
  parentPort?.postMessage({ fault: fault ?? gaps, reached: goal });
  goal = Infinity;
}

const members: Member[] = Array.from({ length: count }, (_, index) => {
  return new Member(connect(port, "127.0.0.1"), (bytes) => {
    if (index === 0) account(bytes);
    look();
  });
});

parentPort?.on("message", (last: number) => {
  goal = last;
  look();
});
