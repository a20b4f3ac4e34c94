import { once } from "node:events";
import { createServer } from "node:net";

/** The publisher's side of its connection with the load generator; the messages are listed in `load.c`. */
export class Control {
  #socket;
  #received = 0;
  #awaited = Infinity;
  #resolve = () => {};
  #onClosed = () => {};
  /** Resolves when all streams have ended. */
  closed = new Promise((resolve) => (this.#onClosed = resolve));

  /** Resolves when all clients are open. @param {string} path - The Unix socket to listen on. */
  static async listen(path) {
    const server = createServer().listen(path);
    await once(server, "listening");
    return {
      /** @returns {Promise<Control>} */
      opened: async () => {
        const [socket] = await once(server, "connection");
        server.close();
        await once(socket, "data");
        return new Control(socket);
      },
    };
  }

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      const message = data.toString().trimEnd().split("\n").at(-1);
      if (message === "closed") this.#onClosed();
      else this.#received = Number(message);
      if (this.#received >= this.#awaited) this.#resolve();
    });
  }

  /** Starts a count at 0. The generator sends the clients' sum at every multiple of `step`. @param {number} step */
  async start(step) {
    const answer = once(this.#socket, "data");
    this.#socket.write(`start ${step}\n`);
    await answer;
  }

  /** Resolves when the clients have received `count` events in total. @param {number} count */
  received(count) {
    if (this.#received >= count) return undefined;
    return new Promise((resolve) => {
      this.#awaited = count;
      this.#resolve = resolve;
    });
  }

  /** Asks for the report. */
  end() {
    this.#socket.end("end\n");
  }
}
