import { subscribe } from "node:diagnostics_channel";
import { Server as HttpServer } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Server, Socket } from "node:net";

/**
 * The interval, in milliseconds, in which a closing server ends its idle connections. A client that has just connected
 * has this time to send its request.
 */
const SWEEP_INTERVAL = 50;

/** Bun counts no bytes of its sockets. It ends connections without a request itself. */
const COUNTS_BYTES = process.versions["bun"] === undefined;

/** Accepts no more connections, and ends those that a server has. */
export interface ServerEnd {
  /** Resolves when the server has no connection. Requests that have started are answered first. */
  close(): Promise<void>;
  /** Ends every connection at once. */
  drop(): void;
}

/**
 * The end of a server of `node:http`, `node:https` or `node:http2`. `server.close()` alone waits for idle connections:
 * those that a browser opened in advance (before Node 26), those whose reply ended after the call, and HTTP/2 sessions
 * (before Node 24).
 */
export class NodeServerEnd implements ServerEnd {
  readonly #server: Server;
  /** With TLS, the TCP sockets as well. */
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(server: Server) {
    this.#server = server;
    const keepSocket = (socket: Socket): void => keepUntilClose(this.#sockets, socket);
    server.on("connection", keepSocket).on("secureConnection", keepSocket);
    server.on("session", (session: ServerHttp2Session) => keepUntilClose(this.#sessions, session));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setInterval(() => this.#endIdle(), SWEEP_INTERVAL);
      this.#server.close((error) => {
        clearInterval(timer);
        // The server does not listen yet: the signal has arrived before the application called `listen`.
        if (error !== undefined) this.#server.once("listening", () => void this.close());
        resolve();
      });
    });
  }

  drop(): void {
    // In this order: the end of a write of a session that is not destroyed can end the process (Node 20).
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #endIdle(): void {
    // Streams that are open continue to their end.
    for (const session of this.#sessions) session.close();
    endSilent(this.#sockets);
    // A server of `node:http2` has connections of HTTP/1, but not this method.
    HttpServer.prototype.closeIdleConnections.call(this.#server as HttpServer);
  }
}

/**
 * The end of the idle connections of all servers of this process, which a framework has created and closes itself. Node
 * publishes their connections and requests on diagnostics channels.
 */
export class HiddenServersEnd implements ServerEnd {
  readonly #sockets = new Set<Socket>();
  readonly #servers = new Set<HttpServer>();

  constructor() {
    subscribe("net.server.socket", (message) => keepUntilClose(this.#sockets, (message as { socket: Socket }).socket));
    subscribe("http.server.request.start", (message) => this.#servers.add((message as { server: HttpServer }).server));
  }

  /** Resolves at once. */
  close(): Promise<void> {
    const endIdle = (): void => {
      endSilent(this.#sockets);
      for (const server of this.#servers) server.closeIdleConnections();
    };
    setInterval(endIdle, SWEEP_INTERVAL).unref();
    return Promise.resolve();
  }

  /** The framework decides about requests that have started. */
  drop(): void {}
}

/** Ends the connections on which no byte has arrived. */
function endSilent(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) if (COUNTS_BYTES && socket.bytesRead === 0) socket.destroy();
}

function keepUntilClose<Item extends Socket | ServerHttp2Session>(items: Set<Item>, item: Item): void {
  items.add(item);
  item.once("close", () => items.delete(item));
}
