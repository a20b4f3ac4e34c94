/** The channel in Bun and Deno: the delivery of events, clients that leave, and silent streams. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./support/folder.mjs";
import { RUNTIMES } from "./support/runtimes.mjs";
import { until } from "./support/until.mjs";

const PROGRAM = pathOf("support/runtime-servers.mjs");

const SERVERS = [
  { kind: "node:http", name: "node:http of Bun", command: RUNTIMES.bun() },
  { kind: "Bun.serve", name: "Bun.serve", command: RUNTIMES.bun() },
  { kind: "node:http", name: "node:http of Deno", command: RUNTIMES.deno() },
  { kind: "Deno.serve", name: "Deno.serve", command: RUNTIMES.deno() },
];

/** Longer than `Bun.serve` lets a silent response live, in milliseconds. */
const SILENCE = 20_000;

function pathOf(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A server in another runtime, which ends with the test. */
class RuntimeServer {
  #child;
  /** The lines that it printed after its address. */
  printed = [];
  port;

  static async start(t, { kind, command }, options = {}) {
    const server = new RuntimeServer();
    const folder = await makeFolder(t);
    const [program, ...args] = [...command, PROGRAM, kind, JSON.stringify(options)];
    const env = { ...process.env, DENO_DIR: folder, NO_COLOR: "1" };
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
    const ended = once(child, "close");
    t.after(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on("line", (line) => server.printed.push(line));
    }
    server.#child = child;
    await until(() => server.printed.length > 0 || child.exitCode !== null);
    server.port = Number(new URL(server.printed.shift()).port);
    return server;
  }

  /** Opens a stream with a socket. `text` of the result grows. */
  async open(t) {
    const socket = connect(this.port, "127.0.0.1");
    t.after(() => socket.destroy());
    const client = { socket, text: "", isOver: false };
    socket.setEncoding("utf8").on("data", (piece) => (client.text += piece));
    socket.on("close", () => (client.isOver = true)).on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => client.text.includes("\r\n\r\n"));
    return client;
  }

  publish(text) {
    this.#child.stdin.write(`${text}\n`);
  }
}

// The silent streams wait at the same time.
describe("Channel in another runtime", { concurrency: SERVERS.length }, () => {
  for (const server of SERVERS) {
    describe(`in ${server.name}`, () => {
      it("sends the first bytes at once, delays no event, and notices clients that leave", async (t) => {
        const running = await RuntimeServer.start(t, server);
        const client = await running.open(t);
        await until(() => client.text.includes("retry: 2000\n"));
        running.publish("one");
        await until(() => /id: \w+-1\ndata: one\n\n/.test(client.text));
        running.publish("two");
        await until(() => /id: \w+-2\ndata: two\n\n/.test(client.text));
        client.socket.resetAndDestroy();
        await until(() => running.printed.includes("disconnect left"));
        const other = await running.open(t);
        other.socket.end();
        await until(() => running.printed.filter((line) => line === "disconnect left").length === 2);
        // A client that leaves prints no stack trace, also not later.
        await delay(500);
        assert.deepEqual(running.printed, ["connect", "disconnect left", "connect", "disconnect left"]);
      });

      it("keeps a silent stream open with the default heartbeat", async (t) => {
        const running = await RuntimeServer.start(t, server);
        const client = await running.open(t);
        await delay(SILENCE);
        assert.deepEqual([client.isOver, running.printed], [false, ["connect"]]);
        running.publish("late");
        await until(() => client.text.includes("data: late"));
      });
    });
  }
});
