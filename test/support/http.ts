import { once } from "node:events";
import { createServer, get, request } from "node:http";
import { connect } from "node:net";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

/** A server on a free port of the loopback address. */
export class TestServer {
  readonly server: Server;
  readonly port: number;

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(handler: RequestListener): Promise<TestServer> {
    // The server ends a kept-alive connection only when the code under test does.
    const server = createServer({ keepAliveTimeout: 0 }, handler);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TestServer(server);
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }
}

/** Something that is awaited: `until` resolves as soon as `test` is true, looking whenever `changed` is called. */
class Watch {
  #waiting: (() => void)[] = [];

  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A client that speaks bytes: what it receives is compared as it is. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  #closed = false;
  readonly #watch = new Watch();

  constructor(port: number, options: { reads?: boolean } = {}) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    if (options.reads === false) this.socket.pause();
    else this.resume();
    this.socket.on("error", () => {});
    this.socket.on("end", () => this.socket.end());
    this.socket.on("close", () => {
      this.#closed = true;
      this.#watch.changed();
    });
  }

  /** Starts to read. */
  resume(): void {
    this.socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("utf8");
      this.#watch.changed();
    });
    this.socket.resume();
  }

  /** Sends a request head of these lines. */
  send(...lines: string[]): this {
    this.socket.write([...lines, "", ""].join("\r\n"));
    return this;
  }

  /** Sends a GET for an event stream; over HTTP/1.0 the answer has no chunk framing. */
  get(path: string, headers: readonly string[] = [], version = "1.1"): this {
    return this.send(`GET ${path} HTTP/${version}`, "Host: localhost", ...headers);
  }

  /** Waits for a text in what is received; fails when the connection closes without it. */
  async until(text: string): Promise<string> {
    await this.#watch.until(() => this.received.includes(text) || this.#closed);
    if (!this.received.includes(text)) throw new Error(`closed before ${JSON.stringify(text)}: ${this.received}`);
    return this.received;
  }

  async closed(): Promise<string> {
    await this.#watch.until(() => this.#closed);
    return this.received;
  }

  /** The head of the answer, without the line that holds the date. */
  get head(): string {
    const end = this.received.indexOf("\r\n\r\n");
    return this.received.slice(0, end).replace(/\r\nDate: [^\r]*/, "");
  }

  /** The body of the answer as it came. */
  get body(): string {
    const end = this.received.indexOf("\r\n\r\n");
    return end === -1 ? "" : this.received.slice(end + 4);
  }
}

/** The content of a chunked body (RFC 9112 section 7.1), as far as it came. For bodies of ASCII characters. */
export function dechunk(body: string): { content: string; isComplete: boolean } {
  let content = "";
  for (let rest = body; ;) {
    const match = /^([0-9a-f]+)\r\n/.exec(rest);
    if (match === null) return { content, isComplete: false };
    const size = Number.parseInt(match[1] ?? "", 16);
    if (size === 0) return { content, isComplete: true };
    content += rest.slice(match[0].length, match[0].length + size);
    rest = rest.slice(match[0].length + size + 2);
  }
}

/** A client that reads events. */
export class EventClient {
  readonly events: DecodedEvent[] = [];
  readonly decoder: EventStreamDecoder = new EventStreamDecoder();
  status = 0;
  headers: IncomingHttpHeaders = {};
  #ended = false;
  readonly #response: IncomingMessage;
  readonly #watch = new Watch();

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on("data", (bytes: Buffer) => {
      this.events.push(...this.decoder.decode(bytes));
      this.#watch.changed();
    });
    response.on("error", () => {});
    response.on("close", () => {
      this.#ended = true;
      this.#watch.changed();
    });
  }

  static open(port: number, path: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const request = get({ port, path, host: "127.0.0.1", headers, agent: false }, (response) => {
        resolve(new EventClient(response));
      });
      request.on("error", reject);
    });
  }

  /** Waits until a test on the events holds; fails when the stream ends before. */
  async until(test: (events: readonly DecodedEvent[]) => boolean): Promise<DecodedEvent[]> {
    await this.#watch.until(() => test(this.events) || this.#ended);
    if (!test(this.events)) throw new Error(`the stream ended after ${JSON.stringify(this.events)}`);
    return this.events;
  }

  /** Waits for the end of the stream. */
  async ended(): Promise<DecodedEvent[]> {
    await this.#watch.until(() => this.#ended);
    return this.events;
  }

  /** Leaves. */
  close(): void {
    this.#response.destroy();
  }
}

/** A complete answer. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

/** Sends one request on a connection of its own and reads the whole answer. */
export async function ask(
  port: number,
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string | Uint8Array; host?: string; localAddress?: string } = {},
): Promise<Reply> {
  const outgoing = request({
    port,
    method,
    path,
    host: options.host ?? "127.0.0.1",
    headers: options.headers,
    localAddress: options.localAddress,
    agent: false,
  });
  outgoing.end(options.body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) text += String(piece);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as Record<string, unknown>;
    },
  };
}

/** Sends fields as JSON. */
export function postJson(
  port: number,
  path: string,
  fields: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return ask(port, "POST", path, {
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof fields === "string" ? fields : JSON.stringify(fields),
  });
}
