import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A request as the server received it. */
export interface SeenRequest {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Resolves when the connection of the request is closed. */
  readonly closed: Promise<unknown>;
}

/** A server that answers each request by the next answer of its script, and the rest by the last one. */
export class ScriptServer {
  readonly requests: SeenRequest[] = [];
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start(...script: readonly Answer[]): Promise<ScriptServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const created = new ScriptServer(server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const answer = script[Math.min(created.requests.length, script.length - 1)];
      created.#note(request);
      answer?.(response, request);
    });
    return created;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #note(request: IncomingMessage): void {
    const { method = "", headers } = request;
    // The socket may have an error before, for example a reset.
    const closed = new Promise((resolve) => request.socket.once("close", resolve));
    const seen = { method, headers, body: "", closed };
    this.requests.push(seen);
    request.on("data", (piece) => (seen.body += String(piece))).on("error", () => undefined);
  }
}

/** Answers with an event stream of these pieces, and ends it. */
export function stream(...pieces: readonly (string | Uint8Array)[]): Answer {
  return (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}

/** Answers with the start of an event stream that stays open. */
export function openStream(...pieces: readonly string[]): Answer {
  return (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    for (const piece of pieces) response.write(piece);
  };
}

/** Answers with these bytes, and cuts the connection. */
export function cutStream(...pieces: readonly string[]): Answer {
  return (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(pieces.join(""), () => response.destroy());
  };
}

/** Answers with a status and no body. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(code, headers).end();
}
