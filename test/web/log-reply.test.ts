import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, RawClient, ask, postJson } from "../support/http.js";
import { build, buildIn, codeIn, dataFolder, start } from "./app.js";

const CLIENTS = 100;
const LINES = 50_000;

/** CPU time that this process has used, in milliseconds. Other processes on the machine hardly change it. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Resolves when no client follows a build. */
async function vacant(port: number): Promise<void> {
  for (const stream of ["log", "build"]) {
    while (!(await ask(port, "GET", "/metrics")).text.includes(`tailcast_clients{stream="${stream}"} 0\n`));
  }
}

describe("GET /api/builds/:id/log", () => {
  it("releases the places of pipelined requests whose connection ends", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const path = `/api/builds/${id}/log`;
    for (const [end, count] of [["destroy", 10], ["end", 10], ["destroy", 1001]] as const) {
      const client = new RawClient(port);
      client.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(count));
      // More than 16 waiting requests end the connection.
      if (count < 16) {
        await client.until("npm");
        client.socket[end]();
      }
      await client.closed();
    }
    await vacant(port);
    const next = new RawClient(port).get(path);
    assert.match(await next.until("npm"), /^HTTP\/1\.1 200 /);
    actor.tell({ action: "exit", code: 0 });
    await next.until("succeeded");
    next.socket.destroy();
  });

  it("sends the logs of pipelined requests one after the other", async (t) => {
    const { port, stage } = await start(t);
    const { id } = buildIn(await build(port, "project"));
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
    await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
    const path = `/api/builds/${id}/log`;
    const client = new RawClient(port);
    const request = (target: string, ...more: string[]): string => {
      return [`GET ${target} HTTP/1.1`, "Host: localhost", ...more, "", ""].join("\r\n");
    };
    client.socket.write(request("/healthz") + request(path) + request(path, "Connection: close"));
    const received = await client.closed();
    assert.equal(received.split("HTTP/1.1 200 OK\r\n").length - 1, 3);
    assert.equal(received.split("build succeeded").length - 1, 2);
  });

  it("answers HEAD as GET, without the text", async (t) => {
    const { port, stage } = await start(t, { maxClients: 1 });
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const path = `/api/builds/${id}/log`;
    const reader = new RawClient(port).get(path);
    await reader.until("npm");
    for (const method of ["GET", "HEAD"]) assert.equal((await ask(port, method, path)).status, 503);
    assert.equal(codeIn(await ask(port, "GET", path)), "TOO_MANY_CLIENTS");
    reader.socket.destroy();
    await vacant(port);
    // A client of the events takes the place in the channel.
    const follower = await EventClient.open(port, `/api/builds/${id}/events`);
    await follower.until((events) => events.length > 0);
    for (const method of ["GET", "HEAD"]) assert.equal((await ask(port, method, path)).status, 503);
    follower.close();
    await vacant(port);
    actor.tell({ action: "exit", code: 0 });
    assert.match((await ask(port, "GET", path)).text, /succeeded/);
    const head = await ask(port, "HEAD", path);
    assert.deepEqual([head.status, head.text, head.headers["content-type"]], [200, "", "text/plain; charset=utf-8"]);
  });

  it(`costs others nothing when ${CLIENTS} clients do not read a large log`, async (t) => {
    const { port, stage, root } = await start(t, { data: dataFolder(t), concurrency: 3 });
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const text = Array.from({ length: LINES }, (_, index) => `line ${index} ${"x".repeat(80)}\n`).join("");
    await actor.do({ action: "write", text });
    const follower = await EventClient.open(port, `/api/builds/${id}/events`);
    await follower.until((events) => events.at(-1)?.data.includes(`line ${LINES - 1} `) === true);
    follower.close();

    const dearest = async (): Promise<number> => {
      let worst = 0;
      for (let round = 0; round < 20; round++) {
        const begin = cpuTime();
        assert.equal((await ask(port, "GET", "/healthz")).status, 200);
        worst = Math.max(worst, cpuTime() - begin);
      }
      return worst;
    };
    const before = await dearest();
    const memory = process.memoryUsage().rss;
    const clients = Array.from({ length: CLIENTS }, () => {
      return new RawClient(port, { reads: false }).get(`/api/builds/${id}/log`);
    });
    t.after(() => clients.forEach(({ socket }) => socket.destroy()));
    const during = await dearest();
    const begin = cpuTime();
    const accepted = await postJson(port, "/api/project/build", { projectPath: `${root}/other`, install: "skip" });
    assert.equal(accepted.status, 202);
    const taken = cpuTime() - begin;
    const samples = (await ask(port, "GET", "/metrics")).text;
    assert.match(samples, new RegExp(`tailcast_clients\\{stream="log"\\} ${CLIENTS}\\n`));
    (await stage.actor("other")).tell({ action: "exit", code: 0 });
    const grown = process.memoryUsage().rss - memory;
    assert.ok(during < before + 250, `one request takes ${during} ms with them, ${before} ms without`);
    assert.ok(taken < before + 500, `accepting a build takes ${taken} ms`);
    // A megabyte each, in this process the socket buffers of both sides included.
    assert.ok(grown < CLIENTS * 2 ** 20, `${grown} bytes more`);
    // A client that reads gets the whole log meanwhile.
    actor.tell({ action: "exit", code: 0 });
    const whole = await ask(port, "GET", `/api/builds/${id}/log`);
    assert.ok(whole.text.includes(text));
  });
});
