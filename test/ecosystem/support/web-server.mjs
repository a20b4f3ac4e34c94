import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const PACKAGES = new URL("../node_modules/", import.meta.url);

const PAGE = "<!doctype html><title>test</title><link rel=icon href=data:,>";

/** The modules that pages import, as they are asked for: without an ending. */
const MODULES = /^\/@microsoft\/fetch-event-source\/lib\/esm\/(index|fetch|parse)$/;

/**
 * A server whose `/` is an empty page; some paths are modules of packages, and the rest is up to `handler`.
 */
export class WebServer {
  port;
  #server;
  #sockets = new Set();

  static async start(t, handler = (request, response) => response.writeHead(404).end()) {
    const web = new WebServer();
    const server = createServer((request, response) => {
      const { pathname: path } = new URL(request.url, "http://localhost");
      if (path === "/") answer(response, "text/html", PAGE);
      else if (MODULES.test(path)) void sendModule(response, path.slice(1));
      else handler(request, response);
    });
    server.on("connection", (socket) => {
      web.#sockets.add(socket);
      socket.once("close", () => web.#sockets.delete(socket));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    web.port = server.address().port;
    web.#server = server;
    t.after(() => web.stop());
    return web;
  }

  /** Refuses connections from now on, and breaks every open one off. */
  async stop() {
    if (!this.#server.listening) return;
    const closed = once(this.#server.close(), "close");
    this.drop();
    await closed;
  }

  /** Its address under each of its two names, which are two origins for a browser. */
  url(host = "127.0.0.1") {
    return `http://${host}:${this.port}`;
  }

  /** The connections that are open. */
  get sockets() {
    return [...this.#sockets];
  }

  /** Breaks every connection, as a network does. */
  drop() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

async function sendModule(response, path) {
  answer(response, "text/javascript", await readFile(new URL(`${path}.js`, PACKAGES)));
}

function answer(response, type, body) {
  response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(body);
}
