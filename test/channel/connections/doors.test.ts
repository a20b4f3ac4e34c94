import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:http2";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { Channel } from "../../../dist/channel/channel.js";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { bufferBytes, until } from "../../support/channel.js";
import type { ClientHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";

describe("Channel.handle() on node:http2", () => {
  it("serves twenty streams on one connection, one of them reset, without a warning", async (t) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const channel = new Channel({ uniqueEpoch: "e", backlog: "all" });
    const server = createServer((request, response) => {
      channel.handle(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    t.after(() => {
      session.destroy();
      server.close();
      process.off("warning", onWarning);
    });

    const texts: string[] = [];
    const streams: ClientHttp2Stream[] = Array.from({ length: 20 }, (_, index) => {
      const stream = session.request({ ":path": "/" });
      texts[index] = "";
      stream.setEncoding("utf8").on("data", (text: string) => (texts[index] += text));
      return stream;
    });
    await until(() => channel.clientCount === 20);
    channel.publish("a");
    await until(() => texts.every((text) => text.includes("data: a")));
    streams[7]?.close(8);
    await until(() => channel.clientCount === 19);
    channel.publish("b");
    channel.end();
    await Promise.all(streams.filter((_, index) => index !== 7).map((stream) => once(stream, "end")));
    const whole = "retry: 2000\nid: e-1\ndata: a\n\nid: e-2\ndata: b\n\n";
    for (const [index, text] of texts.entries()) assert.equal(text, index === 7 ? whole.slice(0, 12 + 17) : whole);
    await until(() => channel.clientCount === 0);
    assert.deepEqual(channel.statistics.closed, { left: 1, stalled: 0, aged: 0, ended: 19, closed: 0, dismissed: 0 });

    // Complete answers, too.
    const post = session.request({ ":path": "/", ":method": "POST" });
    const [headers] = (await once(post, "response")) as [Record<string, unknown>];
    assert.deepEqual([headers[":status"], headers["allow"]], [405, "GET, HEAD"]);
    const back = session.request({ ":path": "/", "last-event-id": "e-2" });
    assert.equal(((await once(back, "response")) as [Record<string, unknown>])[0][":status"], 204);
    await new Promise(setImmediate);
    assert.deepEqual(warnings, []);
  });
});

/** Reads a body until a test on its events holds. */
async function readUntil(
  body: ReadableStream<Uint8Array> | null,
  test: (events: DecodedEvent[]) => boolean,
): Promise<DecodedEvent[]> {
  const decoder = new EventStreamDecoder();
  const events: DecodedEvent[] = [];
  const reader = body?.getReader();
  while (!test(events)) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    events.push(...decoder.decode(value as Uint8Array));
  }
  await reader?.cancel();
  return events;
}

describe("Channel.respond()", () => {
  const ask = (init?: RequestInit, path = "/"): Request => new Request(`http://localhost${path}`, init);

  it("answers with the stream, resumes, and removes clients that cancel", async () => {
    const channel = new Channel({ uniqueEpoch: "e" });
    for (const data of ["a", "b", "c"]) channel.publish(data);
    const response = channel.respond(ask({ headers: { "Last-Event-ID": "e-1" } }));
    assert.equal(response.status, 200);
    assert.deepEqual(Object.fromEntries(response.headers), {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    assert.equal(channel.clientCount, 1);
    channel.publish("d");
    const events = await readUntil(response.body, (all) => all.length === 3);
    assert.deepEqual(
      events.map(({ lastEventId }) => lastEventId),
      ["e-2", "e-3", "e-4"],
    );
    assert.equal(channel.clientCount, 0);
    assert.equal(channel.statistics.closed.left, 1);
  });

  it("gives the same complete answers as handle()", async () => {
    const channel = new Channel({ uniqueEpoch: "e", maxClients: 1, whenFull: "reject" });
    const post = channel.respond(ask({ method: "POST" }));
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
    assert.equal(((await post.json()) as { error: { code: string } }).error.code, "METHOD_NOT_ALLOWED");
    assert.equal(channel.respond(ask({ headers: { Accept: "text/html" } })).status, 406);
    const head = channel.respond(ask({ method: "HEAD" }));
    assert.deepEqual([head.status, head.body, head.headers.get("content-type")], [200, null, "text/event-stream"]);
    const first = channel.respond(ask(), { address: "192.0.2.1" });
    const full = channel.respond(ask());
    assert.equal(full.status, 503);
    assert.ok(Number(full.headers.get("retry-after")) >= 5);
    await first.body?.cancel();
    assert.equal(channel.respond(ask()).status, 200, "the place is free again");
    channel.publish("a");
    channel.end();
    assert.equal(channel.respond(ask({}, "/?lastEventId=e-1")).status, 204);
  });

  it("removes a client whose request is aborted, before and after", async () => {
    const channel = new Channel();
    const abort = new AbortController();
    const response = channel.respond(ask({ signal: abort.signal }));
    abort.abort();
    await until(() => channel.clientCount === 0);
    // The body ends: servers would print an error for each client that leaves.
    assert.deepEqual(await readUntil(response.body, () => false), []);
    assert.match(await channel.respond(ask({ signal: abort.signal })).text(), /^: the client has gone\nretry: \d+\n$/);
    assert.equal(channel.clientCount, 0);
  });

  it("costs no more than a cursor for a body that is not read, and reports the gap when it is read", async () => {
    const channel = new Channel({ uniqueEpoch: "e", capacity: 100_000, capacityBytes: 1024 * 1024 });
    const response = channel.respond(ask());
    const before = await bufferBytes();
    for (let index = 0; index < 3000; index++) {
      channel.publish("x".repeat(10_000));
      if (index % 10 === 0) await new Promise(setImmediate);
    }
    assert.ok((await bufferBytes()) - before < 4 * 1024 * 1024);
    assert.equal(channel.statistics.blocked, 1);
    channel.publish("last");
    const events = await readUntil(response.body, (all) => all.at(-1)?.data === "last");
    assert.equal(events.filter(({ type }) => type === "gap").length, 1);
  });

  it("ends the body with the log, and errors it when the client is dropped", async () => {
    const channel = new Channel({ uniqueEpoch: "e", backlog: "all" });
    channel.publish("a");
    const ended = channel.respond(ask());
    channel.end();
    assert.equal(await ended.text(), "retry: 2000\nid: e-1\ndata: a\n\n");
    const other = new Channel();
    const response = other.respond(ask());
    await other.close({ retry: 0, deadline: 0 });
    assert.equal(await response.text(), "retry: 2000\nretry: 0\n");
  });

  it("compresses", async () => {
    const channel = new Channel({ uniqueEpoch: "e", compress: true, backlog: "all" });
    channel.publish("a".repeat(1000));
    channel.end();
    const response = channel.respond(ask({ headers: { "Accept-Encoding": "gzip" } }));
    assert.deepEqual(
      [response.headers.get("content-encoding"), response.headers.get("vary")],
      ["gzip", "Accept-Encoding"],
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(gunzipSync(bytes).toString(), `retry: 2000\nid: e-1\ndata: ${"a".repeat(1000)}\n\n`);
  });
});
