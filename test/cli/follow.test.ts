import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { TestServer } from "../support/http.js";
import { Program, dataFolder } from "../support/program.js";
import { printed, runToEnd } from "./programs.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TestContext } from "node:test";

/** A server whose answers to consecutive requests are these bodies; then it answers 204. */
async function answer(
  t: TestContext,
  bodies: readonly string[],
): Promise<{ readonly url: string; readonly requests: readonly IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = await TestServer.start((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    const body = bodies[requests.length - 1];
    if (body === undefined) response.writeHead(204).end();
    else response.writeHead(200, { "Content-Type": "text/event-stream" }).end(body);
  });
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.port}/events`, requests };
}

const EVENTS = "retry: 10\nid: 1\ndata: one\n\nevent: note\ndata: two\ndata: lines \u001b[2J\n\nid: 3\ndata: three\n\n";

// Most of the time is the start of programs.
describe("tailcast follow", { concurrency: 4 }, () => {
  it("prints the data of events, reconnects, and ends with 0 after 204", async (t) => {
    const { url, requests } = await answer(t, [EVENTS, "data: four\n\n"]);
    const ended = await runToEnd(t, ["follow", url]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout, "one\n[note] two\nlines \x1b[2J\nthree\nfour\n");
    assert.match(ended.stderr, /^tailcast: the server has ended the connection; reconnecting in 0\.1 s\n/);
    assert.deepEqual(requests.map(({ headers }) => headers["last-event-id"]), [undefined, "3", "3"]);
  });

  it("prints JSON, selects types, and ends after one event with --once", async (t) => {
    const { url } = await answer(t, [EVENTS]);
    const json = await runToEnd(t, ["follow", url, "--json", "--event", "note", "--once"]);
    assert.deepEqual([json.code, json.stderr], [0, ""]);
    assert.deepEqual(JSON.parse(json.stdout), { type: "note", data: "two\nlines \x1b[2J", lastEventId: "1" });
  });

  it("sends headers, also from a file, and the last event id", async (t) => {
    const { url, requests } = await answer(t, []);
    const file = `${dataFolder(t)}/headers`;
    writeFileSync(file, "X-Key: s3cret:key\n\nX-Other: b\n");
    const args = ["--header", `@${file}`, "--header", "X-Third:c", "--last-event-id", "7"];
    assert.equal((await runToEnd(t, ["follow", url, ...args], { TAILCAST_TOKEN: "t0ken" })).code, 0);
    const { headers } = requests[0] ?? assert.fail();
    assert.deepEqual([headers["x-key"], headers["x-other"], headers["x-third"]], ["s3cret:key", "b", "c"]);
    assert.equal(headers["last-event-id"], "7");
    // The token belongs to another server.
    assert.equal(headers.authorization, undefined);
  });

  it("sends the token to its server only", async (t) => {
    const { url, requests } = await answer(t, []);
    const env = { TAILCAST_TOKEN: "t0ken", TAILCAST_SERVER: url };
    assert.equal((await runToEnd(t, ["follow", "/push"], env)).code, 0);
    assert.equal(requests[0]?.headers.authorization, "Bearer t0ken");
    assert.equal(requests[0]?.url, "/events/push");
  });

  it("ends with its connection when --no-reconnect is set: with 0 after its end, with 4 when it fails", async (t) => {
    const { url } = await answer(t, [EVENTS, EVENTS]);
    const ended = await runToEnd(t, ["follow", url, "--no-reconnect"]);
    assert.deepEqual([ended.code, ended.stderr], [0, ""]);
    const failed = await runToEnd(t, ["follow", "http://127.0.0.1:9/", "--no-reconnect"]);
    assert.equal(failed.code, 4);
    assert.match(failed.stderr, /^tailcast: The connection has failed: /);
  });

  it("ends with 4 for another type of content, and with 2 for wrong arguments", async (t) => {
    const server = await TestServer.start((_, response) => void response.end("<html>"));
    t.after(() => server.close());
    const refused = await runToEnd(t, ["follow", `http://127.0.0.1:${server.port}/`]);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /the Content-Type is missing, not text\/event-stream\n$/);
    const headers = ["nothing", "a name: value", "name:"].map((text) => ["http://127.0.0.1:1/", "--header", text]);
    for (const words of [[], ["x"], ...headers]) {
      const args = ["follow", ...words];
      const wrong = await runToEnd(t, args);
      assert.equal(wrong.code, 2, wrong.stderr);
      assert.match(wrong.stderr, /Try "tailcast follow --help"/);
    }
  });

  it("continues without its messages when the reader of stderr has left", async (t) => {
    const { url } = await answer(t, [EVENTS, EVENTS, "data: end\n\n"]);
    const program = new Program(t, ["follow", url]);
    await printed(program, "stdout", /three\n/);
    program.child.stderr.destroy();
    assert.equal(await program.ended, 0);
    assert.match(program.stdout, /\nend\n$/);
  });

  it("follows a live channel, and ends with 141 when its reader has left", async (t) => {
    const channel = new Channel();
    const server = await TestServer.start((request, response) => channel.handle(request, response));
    t.after(() => channel.close({ deadline: 0 }).then(() => server.close()));
    channel.publish("first");
    const program = new Program(t, ["follow", `http://127.0.0.1:${server.port}/`, "--last-event-id", "x"]);
    await printed(program, "stdout", /\[gap\] /);
    program.child.stdout.destroy();
    channel.publish("second");
    assert.equal(await program.ended, 141);
    assert.equal(program.stderr, "");
  });
});
