import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Step } from "../../dist/runner/planning/step.js";

/** A request to an actor: see `test/fixtures/actor.mjs`. */
export type Action =
  | { action: "write"; to?: 1 | 2; text?: string; base64?: string }
  | { action: "exit"; code: number }
  | { action: "kill"; signal: string }
  | { action: "onTerm"; say: string; code?: number }
  | { action: "spawn"; child: string; output?: "inherit" | "ignore"; detached?: boolean; isBare?: boolean };

const program = fileURLToPath(new URL("../../test/fixtures/actor.mjs", import.meta.url));

/** One running `actor.mjs`. */
export class Actor {
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly gone: Promise<unknown>;
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;

  constructor(pid: number, socket: Socket, answers: AsyncIterator<string>) {
    this.pid = pid;
    this.#socket = socket;
    this.#answers = answers;
    this.gone = once(socket, "close");
  }

  /** Requests an action, and resolves when it is done. */
  async do(action: Action): Promise<void> {
    this.tell(action);
    await this.#answers.next();
  }

  /** Requests an action after which the actor cannot answer. */
  tell(action: Action): void {
    this.#socket.write(`${JSON.stringify(action)}\n`);
  }
}

/** The server that actors connect to when they start. A test finds them here by name. */
export class Stage {
  readonly #server: Server = createServer((socket) => void this.#greet(socket));
  readonly #sockets = new Set<Socket>();
  readonly #actors = new Map<string, Actor>();
  readonly #entrances = new EventEmitter();

  /** Opens a stage. After the test, it ends every actor that is still running. */
  static async open(t: TestContext): Promise<Stage> {
    const stage = new Stage();
    stage.#server.listen(0, "127.0.0.1");
    await once(stage.#server, "listening");
    t.after(() => stage.#close());
    return stage;
  }

  /** A step whose command is an actor with this name. */
  step(name: string, cwd: string = process.cwd()): Step {
    const { port } = this.#server.address() as AddressInfo;
    return { name, command: process.execPath, args: [program, String(port), name], cwd };
  }

  /** Resolves with the actor of this name when it has connected. */
  async actor(name: string): Promise<Actor> {
    return this.#actors.get(name) ?? ((await once(this.#entrances, name)) as [Actor])[0];
  }

  /** Forgets an actor, so that {@link actor} waits for the next one with its name. */
  forget(name: string): void {
    this.#actors.delete(name);
  }

  /** The names of the actors that have connected so far. */
  get names(): string[] {
    return [...this.#actors.keys()];
  }

  async #greet(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    // A killed process may reset its connection. Only the end of the connection counts.
    socket.on("error", () => undefined);
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const { value } = (await lines.next()) as { value?: string };
    if (value === undefined) return;
    const { name, pid } = JSON.parse(value) as { name: string; pid: number };
    const actor = new Actor(pid, socket, lines);
    this.#actors.set(name, actor);
    this.#entrances.emit(name, actor);
  }

  /** An actor ends when its socket does. */
  #close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
