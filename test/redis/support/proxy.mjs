/** A TCP proxy in front of a server: it can lead to another server, lose answers, go silent, or refuse. */
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Proxy {
  #server;
  #pairs = new Set();
  #target;
  /** `"open"`; `"deaf"`: answers are lost; `"silent"`: nothing passes; `"closed"`: new connections end at once. */
  mode = "open";

  static async start(t, target) {
    const proxy = new Proxy();
    proxy.#target = target;
    proxy.#server = createServer((socket) => proxy.#accept(socket)).listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    t.after(() => {
      proxy.#server.close();
      proxy.cut();
    });
    return proxy;
  }

  get url() {
    return `redis://127.0.0.1:${this.#server.address().port}`;
  }

  /** The number of connections. */
  get size() {
    return this.#pairs.size;
  }

  /** Ends all connections; new ones lead to this server. */
  lead(target = this.#target) {
    this.#target = target;
    this.cut();
  }

  cut() {
    for (const pair of this.#pairs) pair.end();
  }

  #accept(near) {
    if (this.mode === "closed") return near.destroy();
    const far = connect(this.#target.port, "127.0.0.1");
    const pair = {
      end: () => {
        near.destroy();
        far.destroy();
        this.#pairs.delete(pair);
      },
    };
    this.#pairs.add(pair);
    for (const socket of [near, far]) socket.on("error", () => undefined).on("close", () => pair.end());
    near.on("data", (bytes) => this.mode !== "silent" && far.write(bytes));
    far.on("data", (bytes) => this.mode === "open" && near.write(bytes));
  }
}
