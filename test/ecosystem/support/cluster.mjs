import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EventStreamDecoder } from "../../../dist/protocol/index.js";
import { Program } from "./program.mjs";
import { until } from "./until.mjs";

/** Prints numbered lines for a while, and writes them to a file as well. */
const LINES = `
  import { appendFileSync, writeFileSync } from "node:fs";
  const file = process.env.OUTPUT ?? "output.txt";
  writeFileSync(file, "");
  let number = 0;
  const timer = setInterval(() => {
    const text = "line " + ++number + " " + "=".repeat(number % 60);
    appendFileSync(file, text + "\\n");
    console.log(text);
    if (number === Number(process.env.COUNT)) clearInterval(timer);
  }, 5);
`;

/** The files of a project that prints `COUNT` lines, and writes them to the file `OUTPUT` as well. */
export function linesProject(name) {
  const manifest = { name, scripts: { build: "node build.mjs" } };
  return { [`${name}/package.json`]: JSON.stringify(manifest), [`${name}/build.mjs`]: LINES };
}

/** Reads an event stream. */
export class Viewer {
  events = [];
  #decoder = new EventStreamDecoder();
  ended;

  static async open(url, id, lastEventId) {
    const viewer = new Viewer();
    const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
    const response = await fetch(`${url}/api/builds/${id}/events`, { headers });
    assert.equal(response.status, 200);
    viewer.ended = viewer.#read(response.body);
    return viewer;
  }

  /** Resolves when there is this number of events. */
  reaches(count) {
    return until(() => this.events.length >= count);
  }

  /** Resolves with the last state of the build at the end of the stream. */
  async end() {
    await this.ended;
    const { type, data } = this.events.at(-1);
    assert.equal(type, "end");
    return JSON.parse(data);
  }

  async #read(body) {
    try {
      for await (const bytes of body) this.events.push(...this.#decoder.decode(bytes));
    } catch {
      // The server was killed.
    }
  }
}

export const sequenceOf = ({ lastEventId }) => Number(lastEventId.split("-").at(-1));

/** Fails unless the events are 1, 2, 3 and so on, of one epoch. */
export function assertContiguous(events) {
  assert.deepEqual(events.map(sequenceOf), Array.from(events, (_, index) => index + 1));
  assert.equal(new Set(events.map(({ lastEventId }) => lastEventId.split("-")[0])).size, 1);
}

/** The output of the step `build`. */
export function outputOf(events) {
  const lines = new Map();
  for (const { type, data } of events) {
    const { number, step, stream, text } = type === "line" ? JSON.parse(data) : {};
    if (step === "build" && stream === "stdout" && text.startsWith("line ")) lines.set(number, `${text}\n`);
  }
  return [...lines.values()].join("");
}

/** Starts a program of examples/cluster. */
export function startMember(t, file, env) {
  const path = fileURLToPath(new URL(`../../../examples/cluster/${file}`, import.meta.url));
  const ready = file === "worker.js" ? /is ready\n/ : undefined;
  return Program.start(t, (PORT) => ({ args: [path], env: { ...env, PORT }, ready }));
}

/** Asks a web process for a build of `count` lines. Resolves with the reply. */
export function requestBuild(url, projectPath, count, output = "output.txt") {
  const body = JSON.stringify({ projectPath, install: "skip", env: { COUNT: String(count), OUTPUT: output } });
  const headers = { "Content-Type": "application/json" };
  return fetch(`${url}/api/project/build`, { method: "POST", body, headers });
}
