import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { follow } from "../../dist/client/index.js";
import { Channel } from "../../dist/index.js";
import { makeFolder } from "../support/folders.ts";
import { TestServer } from "../support/http.ts";
import type { ChildProcess } from "node:child_process";

const QUICK = { initial: 10, min: 0, max: 50 };

/** A server that publishes a number each millisecond, and continues its log after a restart. */
const PROGRAM = `
import { createServer } from "node:http";
import { Channel, FileHistory } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
const history = await FileHistory.open(process.env.LOG, "log");
const channel = new Channel({ history });
let number = history.end;
setInterval(() => channel.publish({ data: String(number++) }), 1);
const server = createServer(channel.handle).listen(Number(process.env.PORT), "127.0.0.1", () => {
  console.log(server.address().port);
});
`;

async function startProgram(log: string, port: string): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    env: { ...process.env, LOG: log, PORT: port },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, port: line };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

describe("follow, from a channel", () => {
  it("receives each event once while the server is killed and restarted", { timeout: 60_000 }, async (t) => {
    const log = `${await makeFolder(t)}/events.log`;
    let { child, port } = await startProgram(log, "0");
    const numbers: number[] = [];
    for await (const { type, data } of follow(`http://127.0.0.1:${port}/`, { lastEventId: "log-0", retry: QUICK })) {
      assert.equal(type, "message", data);
      numbers.push(Number(data));
      if (numbers.length % 150 === 0 && numbers.length < 600) {
        await kill(child);
        ({ child, port } = await startProgram(log, port));
      }
      if (numbers.length === 700) break;
    }
    await kill(child);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  it("receives a gap event for events that the channel no longer has", async () => {
    const channel = new Channel({ capacity: 2 });
    const server = await TestServer.start(channel.handle);
    const [lastEventId] = ["a", "b", "c", "d"].map((data) => channel.publish({ data }));
    const events: string[] = [];
    for await (const { type, data } of follow(`http://127.0.0.1:${server.port}/`, { lastEventId })) {
      events.push(type === "gap" ? `gap ${String((JSON.parse(data) as { missed: number }).missed)}` : data);
      if (data === "d") break;
    }
    await channel.close();
    await server.close();
    assert.deepEqual(events, ["gap 1", "c", "d"]);
  });

  it("ends when the channel has ended", async () => {
    const channel = new Channel({ backlog: "all" });
    const server = await TestServer.start(channel.handle);
    channel.publish({ data: "last" });
    channel.end();
    const events: string[] = [];
    for await (const { data } of follow(`http://127.0.0.1:${server.port}/`, { retry: QUICK })) events.push(data);
    await channel.close();
    await server.close();
    assert.deepEqual(events, ["last"]);
  });

  it("receives events when a full channel has a place again", async () => {
    const channel = new Channel({ maxClients: 1 });
    const server = await TestServer.start(channel.handle);
    const url = `http://127.0.0.1:${server.port}/`;
    const connection = new EventTarget();
    const first = follow(url, { onConnection: ({ state }) => void connection.dispatchEvent(new Event(state)) });
    const isOpen = once(connection, "open");
    const pending = first.next();
    await isOpen;
    let isTurnedAway = false;
    const second = follow(url, {
      retry: QUICK,
      onConnection: ({ state }) => {
        if (state === "waiting") void first.return();
        isTurnedAway ||= state === "waiting";
        // The client counts as connected when its first bytes have arrived, which is after this report.
        if (state === "open" && isTurnedAway) setImmediate(() => channel.publish({ data: "seen" }));
      },
    });
    assert.equal((await second.next()).value?.data, "seen");
    assert.ok(isTurnedAway);
    await Promise.all([pending, second.return(), channel.close()]);
    await server.close();
  });
});
