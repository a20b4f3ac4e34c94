import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EventClient, ask } from "../support/http.js";
import { makeFolder } from "../support/folders.js";
import { lastFirst } from "../support/lifetime.js";
import { Program, dataFolder } from "../support/program.js";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { StoredBuild } from "../../dist/runner/store/build-store.js";

/** The limit of the program's file descriptors. At its start, it reads its modules in parallel. */
const LIMIT = 140;

/** A reply on the connection that a client keeps. */
interface KeptReply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

describe("the program without free file descriptors", () => {
  it("answers 503 to requests that need a file, reports it at /healthz, and recovers", async (t) => {
    const manifest = JSON.stringify({ name: "p", scripts: { build: "echo built" } });
    const root = await makeFolder(t, { "p/package.json": manifest, "p/package-lock.json": "{}" });
    const life = lastFirst(t);
    const data = dataFolder(life);
    const program = new Program(life, ["--port", "0", "--root", root, "--data", data], {}, `-n ${LIMIT}`);
    const port = await program.port();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const send = async (path: string, headers: Record<string, string> = {}, body?: string): Promise<KeptReply> => {
      const method = body === undefined ? "GET" : "POST";
      const outgoing = request({ port, host: "127.0.0.1", path, method, agent, headers }).end(body);
      const [response] = (await once(outgoing, "response")) as [IncomingMessage];
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += String(piece);
      return { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], text };
    };
    const start = (): Promise<KeptReply> => {
      return send("/api/project/build", { "Content-Type": "application/json" }, '{"projectPath":"p"}');
    };
    const accepted = await start();
    assert.equal(accepted.status, 202, accepted.text);
    const { id } = (JSON.parse(accepted.text) as { build: { id: string } }).build;
    const [log, events] = [`/api/builds/${id}/log`, `/api/builds/${id}/events`];
    assert.match((await ask(port, "GET", log)).text, /\nbuilt\n/);
    // The log ends before the state of the build is stored, which needs a descriptor.
    const statusOnDisk = async (): Promise<string> => {
      const text = await readFile(join(data, "builds", id, "build.json"), "utf8");
      return (JSON.parse(text) as StoredBuild).record.status;
    };
    while ((await statusOnDisk()) !== "succeeded");

    const sockets: Socket[] = [];
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    /** Opens connections until the program has no descriptor for the next one, which the system then closes. */
    const exhaust = async (): Promise<void> => {
      while ((await send("/healthz")).status === 200) {
        await new Promise<void>((resolve) => {
          for (let count = 0; count < 2 * LIMIT; count++) {
            sockets.push(connect(port, "127.0.0.1").once("close", resolve).on("error", () => undefined));
          }
        });
      }
    };
    const codeOf = ({ text }: KeptReply): string => {
      return (JSON.parse(text) as { error?: { code: string } }).error?.code ?? text;
    };
    /** Sends a request while no descriptor is free. On a slow machine, a connection can end just before. */
    const sendExhausted = async (sendOne: () => Promise<KeptReply>): Promise<KeptReply> => {
      for (let attempt = 1; ; attempt++) {
        await exhaust();
        const reply = await sendOne();
        if (reply.status >= 400 || reply.text.startsWith(": Cannot") || attempt === 10) return reply;
      }
    };
    for (const path of ["/api/projects", log, "/healthz"]) {
      const reply = await sendExhausted(() => send(path));
      assert.deepEqual([reply.status, reply.retryAfter, codeOf(reply)], [503, "10", "OUT_OF_FILES"], path);
    }
    const refused = await sendExhausted(start);
    assert.deepEqual([refused.status, codeOf(refused)], [503, "OUT_OF_FILES"], refused.text);
    const paused = await sendExhausted(() => send(events, { Accept: "text/event-stream" }));
    assert.equal(paused.status, 200);
    assert.match(paused.text, /^: Cannot answer this request now: the server has too many files open.*\nretry: \d+\n/);
    const metrics = await send("/metrics");
    // Beside the five above, some of `exhaust`.
    assert.match(metrics.text, /^tailcast_requests_refused_total\{reason="out-of-files"\} ([5-9]|\d\d)$/m);
    const open = Number(/^process_open_fds (\d+)$/m.exec(metrics.text)?.[1]);
    assert.ok(open >= LIMIT - 1, `${open} descriptors are open`);
    assert.match(metrics.text, new RegExp(`^process_max_fds ${LIMIT}$`, "m"));
    assert.equal((await send("/api/builds")).status, 200);

    for (const socket of sockets) socket.destroy();
    while ((await send("/healthz")).status !== 200);
    assert.match((await send("/api/projects")).text, /"name":"p"/);
    assert.match((await send(log)).text, /\nbuilt\n/);
    const stream = await EventClient.open(port, events);
    assert.equal((await stream.ended()).at(-1)?.type, "end");
    assert.equal((await start()).status, 202);
    assert.doesNotMatch(program.stderr, / error /);
  });
});
