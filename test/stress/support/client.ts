import { createGunzip } from "node:zlib";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { Ledger } from "./ledger.js";
import type { IncomingHttpHeaders } from "node:http";
import type { Gunzip } from "node:zlib";
import type { Naming } from "./ledger.js";
import type { Round } from "./scenario.js";
import type { Leave, Link, Receiver, Transport } from "./transport.js";

export interface StressClientOptions {
  /** Asks for gzip. */
  readonly gzip?: boolean;
  /** The number of the first event that it must see. Default 1. */
  readonly first?: number;
  readonly naming?: Naming;
  readonly headers?: Record<string, string>;
  /** Connects again whenever the server ends the connection. */
  readonly returns?: boolean;
}

/** Follows a channel over any number of connections, and makes the round fail at the first wrong event. */
export class StressClient {
  readonly ledger: Ledger;
  readonly decoder: EventStreamDecoder = new EventStreamDecoder();
  status = 0;
  /** Connections opened. */
  connections = 0;
  /** The reconnection time at each end of a connection by the server. */
  readonly retries: (number | undefined)[] = [];
  readonly #round: Round;
  readonly #transport: Transport;
  readonly #options: StressClientOptions;
  #returns: boolean;
  #link: Link | undefined;
  #isOpen = false;

  constructor(round: Round, transport: Transport, options: StressClientOptions = {}) {
    this.#round = round;
    this.#transport = transport;
    this.#options = options;
    this.#returns = options.returns ?? false;
    this.ledger = new Ledger(options.first, options.naming);
    round.after(() => {
      this.#returns = false;
      this.leave("destroy");
    });
  }

  /** Whether its stream is open: the head has arrived, but no end. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether it neither left nor saw the end. */
  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  /** Connects with the id of its last event. */
  connect(): this {
    const id = Buffer.from(this.decoder.lastEventId).toString("latin1");
    const headers: Record<string, string> = { ...this.#options.headers };
    if (id !== "") headers["Last-Event-ID"] = id;
    if (this.#options.gzip === true) headers["Accept-Encoding"] = "gzip";
    this.connections++;
    this.#link = this.#transport(headers, this.#receiver(this.connections));
    return this;
  }

  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /** Leaves. It sees nothing after that, unless it ended only its own half: then the server may still send. */
  leave(how: Leave): void {
    const link = this.#link;
    if (how === "destroy" || how === "reset") this.#forget();
    link?.leave(how);
  }

  #forget(): void {
    this.#link = undefined;
    this.#isOpen = false;
    this.decoder.end();
  }

  #receiver(connection: number): Receiver {
    let gunzip: Gunzip | undefined;
    const isCurrent = (): boolean => this.#link !== undefined && this.connections === connection;
    const decode = (bytes: Uint8Array): void => {
      if (isCurrent()) this.#round.guard(() => this.#decode(bytes));
    };
    const close = (): void => {
      if (isCurrent()) this.#onClose();
    };
    return {
      onHead: (status, headers) => {
        if (!isCurrent()) return;
        this.status = status;
        this.#isOpen = status === 200;
        gunzip = this.#gunzip(headers, decode, close);
      },
      onBytes: (bytes) => {
        if (gunzip === undefined) decode(bytes);
        else gunzip.write(bytes);
      },
      onClose: () => {
        if (gunzip === undefined) close();
        else gunzip.end();
      },
    };
  }

  #gunzip(headers: IncomingHttpHeaders, decode: (bytes: Uint8Array) => void, close: () => void): Gunzip | undefined {
    if (headers["content-encoding"] !== "gzip") return undefined;
    const gunzip = createGunzip();
    gunzip.on("data", decode);
    gunzip.on("end", close);
    gunzip.on("error", (error: NodeJS.ErrnoException) => {
      // A connection that is cut leaves the gzip member without its trailer; anything else is damage.
      if (error.code === "Z_BUF_ERROR") close();
      else this.#round.fail(error);
    });
    return gunzip;
  }

  #decode(bytes: Uint8Array): void {
    // The body of a refusal is not an event stream.
    if (this.status !== 200) return;
    for (const event of this.decoder.decode(bytes)) this.ledger.record(event);
  }

  #onClose(): void {
    this.#forget();
    this.retries.push(this.decoder.retry);
    if (this.#returns) this.connect();
  }
}
