import assert from "node:assert/strict";
import { get } from "node:http";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import type { IncomingMessage } from "node:http";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { Round } from "../support/scenario.js";

/** A line of a watched build: its build and its number, or the word of its end. The feed may name the build first. */
const LINE = /(?:^| )(first|second) (\d+|is over)$/;

/** Follows builds whose lines are `name 1`, `name 2` ... `name is over`, and fails at the first line that is lost. */
export class Viewer {
  readonly #round: Round;
  readonly #port: number;
  readonly #path: string;
  readonly #last: Map<string, number> = new Map();
  readonly #over = new Set<string>();
  #decoder = new EventStreamDecoder();
  #lastEventId = "";
  #rest = "";
  #response: IncomingMessage | undefined;
  #isDone = false;
  /** The builds whose lines it receives. */
  readonly names: readonly string[];
  /** How often it has connected. */
  connections = 0;

  /** @param path - The path of the feed, of the events of a build, or of its log. */
  constructor(round: Round, port: number, path: string, names: readonly string[]) {
    this.names = names;
    this.#round = round;
    this.#port = port;
    this.#path = path;
    this.#connect();
  }

  /** How many lines it has of a build. */
  count(name: string): number {
    return this.#last.get(name) ?? 0;
  }

  /** Whether it has the last line of a build. */
  hasAll(name: string): boolean {
    return this.#over.has(name);
  }

  /** Whether it was connected. */
  get isOpen(): boolean {
    return this.#response !== undefined;
  }

  /** Drops the connection and connects again: to events with `Last-Event-ID`, to a log from its start. */
  drop(): void {
    // Without an id, the feed would continue where it is now.
    if (this.#isLog || this.#lastEventId !== "") this.#response?.destroy();
  }

  /** Leaves. */
  close(): void {
    this.#isDone = true;
    this.#response?.destroy();
  }

  get #isLog(): boolean {
    return this.#path.includes("/log?") || this.#path.endsWith("/log");
  }

  #connect(): void {
    this.connections++;
    this.#decoder = new EventStreamDecoder();
    this.#rest = "";
    if (this.#isLog) {
      this.#last.clear();
      this.#over.clear();
    }
    const headers = this.#lastEventId === "" ? {} : { "Last-Event-ID": this.#lastEventId };
    const options = { port: this.#port, host: "127.0.0.1", path: this.#path, headers, agent: false } as const;
    const request = get(options, (response) => {
      this.#response = response;
      this.#round.guard(() => assert.equal(response.statusCode, 200, this.#path));
      response.on("data", (bytes: Buffer) => this.#round.guard(() => this.#read(bytes)));
      response.on("error", () => undefined);
      response.on("end", () => (this.#isDone = true));
      response.on("close", () => {
        if (!this.#isDone && !this.#round.isOver) this.#connect();
      });
    });
    request.on("error", (error) => !this.#isDone && this.#round.fail(error));
  }

  #read(bytes: Buffer): void {
    if (!this.#isLog) {
      for (const event of this.#decoder.decode(bytes)) this.#readEvent(event);
      return;
    }
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#readLine(line);
  }

  #readEvent({ type, data, lastEventId }: DecodedEvent): void {
    this.#lastEventId = lastEventId;
    assert.notEqual(type, "gap", `${this.#path}: ${data}`);
    if (type === "message") this.#readLine(data.slice("[YYYY-MM-DD HH:mm:ss] ".length));
    if (type !== "line") return;
    const { text, open } = JSON.parse(data) as { text: string; open?: boolean };
    if (open !== true) this.#readLine(text);
  }

  #readLine(text: string): void {
    const [, name = "", number = ""] = LINE.exec(text) ?? [];
    if (name === "") return;
    if (number === "is over") {
      this.#over.add(name);
      return;
    }
    assert.equal(Number(number), this.count(name) + 1, `${this.#path}: a line of ${name} is lost or repeated`);
    this.#last.set(name, Number(number));
  }
}
