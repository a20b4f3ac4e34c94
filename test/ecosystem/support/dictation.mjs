import { once } from "node:events";
import { createServer } from "node:net";
import { projectFiles } from "./folder.mjs";

/** Builds that print what the test writes, at the moment when it writes. */
export class Dictation {
  #t;
  #server;

  static async start(t) {
    const dictation = new Dictation();
    dictation.#t = t;
    dictation.#server = createServer().listen(0, "127.0.0.1");
    await once(dictation.#server, "listening");
    t.after(() => dictation.#server.close());
    return dictation;
  }

  /** The files of a project `dictated`. */
  get files() {
    const { port } = this.#server.address();
    const program = `import { connect } from "node:net";\nconnect(${port}, "127.0.0.1").pipe(process.stdout);\n`;
    return projectFiles("dictated", program);
  }

  /** Resolves when the next build runs: with the socket whose text it prints. The end of the socket ends the build. */
  async next() {
    const [socket] = await once(this.#server, "connection");
    socket.on("error", () => {});
    this.#t.after(() => socket.destroy());
    return socket;
  }
}
