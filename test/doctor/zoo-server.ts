import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A way in which a server of the zoo differs from a good one. */
export interface Traits {
  /** Headers of the stream in place of the good ones; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The text of an event. */
  readonly frame?: (number: number) => string;
  /** A text, or bytes, that each client receives once, 300 ms after it has connected. */
  readonly extra?: string | Uint8Array;
  /** Writes to a client, in place of `response.write`. */
  readonly write?: (response: ServerResponse, text: string) => void;
  /** The time in milliseconds before the head, and before the first byte, of clients without Last-Event-ID. */
  readonly headDelay?: number;
  readonly byteDelay?: number;
  /** Called when a stream has started. */
  readonly started?: (response: ServerResponse) => void;
  /** Answers some requests in another way; returns whether it did. */
  readonly answers?: (request: IncomingMessage, response: ServerResponse, server: ZooServer) => boolean;
  /** The events after an id; `undefined` if the id is unknown. */
  readonly resume?: (id: number, log: readonly string[]) => readonly string[] | undefined;
  /** The first text for a client with an unknown id. */
  readonly loss?: string;
}

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};
const PERIOD = 90;

/** A server that does everything as it should, except for its traits. It publishes events all the time. */
export class ZooServer {
  readonly traits: Traits;
  readonly log: string[] = [];
  readonly #clients = new Set<ServerResponse>();
  readonly #server = createServer({ keepAliveTimeout: 0 });
  readonly #timer: NodeJS.Timeout;

  constructor(traits: Traits) {
    this.traits = traits;
    const frame = traits.frame ?? ((number) => `id: ${number}\ndata: event ${number}\n\n`);
    this.#timer = setInterval(() => {
      const text = frame(this.log.length);
      this.log.push(text);
      for (const response of this.#clients) this.write(response, text);
    }, PERIOD);
    this.#server.on("request", (...args: Parameters<RequestListener>) => this.#handle(...args));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Sends the head of a good response, or of this server. */
  writeHead(response: ServerResponse): void {
    for (const [name, value] of Object.entries({ ...HEADERS, ...this.traits.headers })) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(200).flushHeaders();
  }

  write(response: ServerResponse, text: string): void {
    if (this.traits.write === undefined) response.write(text);
    else this.traits.write(response, text);
  }

  /** Lets a client receive the events from now on. */
  join(response: ServerResponse): void {
    this.#clients.add(response);
    response.on("close", () => this.#clients.delete(response));
  }

  /** Serves the stream like a good server. */
  stream(response: ServerResponse, id?: string): void {
    this.writeHead(response);
    const { traits } = this;
    const start = (): void => {
      response.write(":\n");
      for (const text of this.#resume(id)) response.write(text);
      this.join(response);
      if (traits.extra !== undefined) setTimeout(() => void response.write(traits.extra), 300);
      traits.started?.(response);
    };
    if (id === undefined && traits.byteDelay !== undefined) setTimeout(start, traits.byteDelay);
    else start();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    if (this.traits.answers?.(request, response, this) === true) return;
    if (method === "HEAD") {
      this.writeHead(response);
      response.end();
      return;
    }
    if (!/event-stream|\*\/\*/.test(headers.accept ?? "*/*")) {
      response.writeHead(406).end();
      return;
    }
    const id = headers["last-event-id"] as string | undefined;
    const { headDelay } = this.traits;
    if (id === undefined && headDelay !== undefined) setTimeout(() => this.stream(response), headDelay);
    else this.stream(response, id);
  }

  #resume(id: string | undefined): readonly string[] {
    if (id === undefined) return [];
    const number = /^\d+$/.test(id) ? Number(id) : undefined;
    if (number === undefined || number >= this.log.length) {
      return [this.traits.loss ?? "event: gap\ndata: unknown id\n\n"];
    }
    const { resume = (last: number, log: readonly string[]) => log.slice(last + 1) } = this.traits;
    return resume(number, this.log) ?? [];
  }
}
