/** Streams on HTTP/2 sessions that Node keeps although their client has left (before Node 26). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { openEventStream } from "../../../dist/channel/open-event-stream.js";
import { until } from "../../support/channel.js";
import { RawHttp2Client } from "../../support/http2-client.js";
import { serveTls } from "../../support/tls-server.js";
import type { RequestListener, ServerResponse } from "node:http";
import type { TestContext } from "node:test";

const TIMES = { heartbeat: 50, stallTimeout: 200 };

/** A client requests an event stream, receives this part of it, and leaves while the server writes a comment. */
async function leave(t: TestContext, part: string, handle: RequestListener): Promise<void> {
  let response: ServerResponse | undefined;
  const port = await serveTls(t, (request, opened) => handle(request, (response = opened)));
  const client = new RawHttp2Client(t, port);
  await client.get(part);
  await client.resetBetweenWrites(() => response?.write(":\n"));
}

describe("Channel.handle() on an HTTP/2 session whose client has left", () => {
  it("drops the client after the stall timeout", async (t) => {
    const channel = new Channel(TIMES);
    t.after(() => channel.close({ deadline: 0 }));
    await leave(t, "retry:", channel.handle);
    await until(() => channel.clientCount === 0);
    const { left, stalled } = channel.statistics.closed;
    assert.equal(left + stalled, 1);
  });
});

describe("openEventStream() on an HTTP/2 session whose client has left", () => {
  it("ends the stream after the stall timeout", async (t) => {
    const closed: Promise<unknown>[] = [];
    await leave(t, ":\n", (request, response) => {
      closed.push(openEventStream(request, response, TIMES)?.closed ?? Promise.reject(new Error("no stream")));
    });
    assert.equal(closed.length, 1);
    await closed[0];
  });
});
