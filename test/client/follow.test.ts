import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { follow } from "../../dist/client/index.js";
import { ScriptServer, cutStream, openStream, status, stream } from "./script-server.ts";
import type { ConnectionReport, DecodedEvent, FollowOptions } from "../../dist/client/index.js";

/** Reconnects at once, so that tests are fast. */
const QUICK: FollowOptions = { retry: { initial: 0, min: 0, max: 0 } };

const text = ({ type, data, lastEventId }: DecodedEvent): string => `${type}|${data}|${lastEventId}`;

/** Reads the whole stream, or until its event with this data. */
async function read(url: string, options: FollowOptions = QUICK, until?: string): Promise<string[]> {
  const events: string[] = [];
  for await (const event of follow(url, options)) {
    events.push(text(event));
    if (event.data === until) break;
  }
  return events;
}

describe("follow", () => {
  it("reads events, reconnects with the last event ID, and ends after 204", async () => {
    await using server = await ScriptServer.start(
      stream(": hello\n\nid: 1\nevent: a\ndata: x\n\n", "data: y\ndata: z\n\n"),
      stream("id: 2\ndata: q\n\n"),
      status(204),
    );
    assert.deepEqual(await read(server.url), ["a|x|1", "message|y\nz|1", "message|q|2"]);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["last-event-id"]),
      [undefined, "1", "2"],
    );
  });

  it("sends the headers of the standard", async () => {
    await using server = await ScriptServer.start(status(204));
    await read(server.url, { headers: { "X-Own": "1" } });
    const { accept, "cache-control": cacheControl, "x-own": own } = server.requests[0]?.headers ?? {};
    assert.deepEqual([accept, cacheControl, own], ["text/event-stream", "no-cache", "1"]);
  });

  it("calls a function of headers for each connection", async () => {
    await using server = await ScriptServer.start(stream(""), status(204));
    let count = 0;
    await read(server.url, { ...QUICK, headers: async () => ({ Authorization: `Bearer ${++count}` }) });
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ["Bearer 1", "Bearer 2"],
    );
  });

  it("sends credentials of the address as a header", async () => {
    await using server = await ScriptServer.start(status(204));
    await read(server.url.replace("http://", "http://j%C3%B6rg:p%40ss@"));
    const expected = `Basic ${Buffer.from("jörg:p@ss").toString("base64")}`;
    assert.equal(server.requests[0]?.headers.authorization, expected);
  });

  it("discards an event that the end of the connection cuts off, with its id", async () => {
    await using server = await ScriptServer.start(
      cutStream("id: 1\ndata: a\n\nid: 2\ndata: b\n"),
      stream("id: 2\ndata: b\n\n"),
      status(204),
    );
    assert.deepEqual(await read(server.url), ["message|a|1", "message|b|2"]);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["last-event-id"]),
      [undefined, "1", "2"],
    );
  });

  it("takes over an id without data, and an empty id, which removes the header", async () => {
    await using server = await ScriptServer.start(stream("id: 1\n\n"), stream("id\ndata: a\n\n"), status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, lastEventId: "0" }), ["message|a|"]);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["last-event-id"]),
      ["0", "1", undefined],
    );
  });

  it("sends an id as UTF-8", async () => {
    await using server = await ScriptServer.start(status(204));
    await read(server.url, { lastEventId: "é😀" });
    const header = server.requests[0]?.headers["last-event-id"] ?? "";
    assert.equal(Buffer.from(String(header), "latin1").toString("utf8"), "é😀");
  });

  it("takes a Last-Event-ID of the headers as the first id", async () => {
    await using server = await ScriptServer.start(stream("id\ndata: a\n\n"), status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, headers: { "last-event-id": "7" } }), ["message|a|"]);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["last-event-id"]),
      ["7", undefined],
    );
  });

  it("sends the body of a POST for each connection", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\n"), status(204));
    await read(server.url, { ...QUICK, method: "POST", body: '{"question":1}' });
    assert.deepEqual(
      server.requests.map(({ method, body }) => `${method} ${body}`),
      ['POST {"question":1}', 'POST {"question":1}'],
    );
  });

  it("sends a new stream from a function as the body of each connection", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\n"), status(204));
    const body = (): ReadableStream => new Blob(["bytes"]).stream();
    await read(server.url, { ...QUICK, method: "REPORT", body });
    assert.deepEqual(
      server.requests.map(({ method, body: sent }) => `${method} ${sent}`),
      ["REPORT bytes", "REPORT bytes"],
    );
  });

  for (const code of [301, 302, 303, 307, 308]) {
    it(`follows a redirect with status ${code}, with the last event ID`, async () => {
      await using target = await ScriptServer.start(stream("data: a\n\n"), status(204));
      await using server = await ScriptServer.start(status(code, { Location: `${target.url}there` }));
      assert.deepEqual(await read(server.url, { ...QUICK, lastEventId: "5" }), ["message|a|5"]);
      assert.equal(target.requests[0]?.headers["last-event-id"], "5");
    });
  }

  for (const code of [200, 201, 205, 206, 400, 401, 404, 429, 500, 502, 503, 599]) {
    it(`throws STREAM_REFUSED after ${code} without an event stream`, async () => {
      await using server = await ScriptServer.start(status(code, { "Content-Type": "text/html" }));
      await assert.rejects(read(server.url), { code: "STREAM_REFUSED", status: code });
      assert.equal(server.requests.length, 1);
    });
  }

  it("reads another type of content if the options allow it", async () => {
    await using server = await ScriptServer.start((response) => void response.end("data: a\n\n"), status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, anyContentType: true }), ["message|a|"]);
  });

  it("reconnects after the statuses of busy servers if the options allow it", async () => {
    const busy = [429, 502, 503, 504].map((code) => status(code, { "Retry-After": "0" }));
    await using server = await ScriptServer.start(...busy, stream("data: a\n\n"), status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, retryStatuses: true }), ["message|a|"]);
    await using other = await ScriptServer.start(status(500));
    await assert.rejects(read(other.url, { ...QUICK, retryStatuses: true }), { code: "STREAM_REFUSED" });
  });

  it("waits for Retry-After, and at least for the reconnection time of the stream", async () => {
    await using server = await ScriptServer.start(
      stream("retry: 30\n\n"),
      status(503, { "Retry-After": "1" }),
      status(503, { "Retry-After": new Date(Date.now() + 90_000).toUTCString() }),
    );
    const delays: number[] = [];
    const controller = new AbortController();
    const onConnection = ({ state, delay = 0 }: ConnectionReport): void => {
      if (state === "waiting") delays.push(delay);
      if (delays.length === 3) controller.abort(new Error("enough"));
    };
    const options = { retryStatuses: true, signal: controller.signal, onConnection };
    await assert.rejects(read(server.url, options), { message: "enough" });
    assert.deepEqual(delays.slice(0, 2), [100, 1000]);
    assert.ok((delays[2] ?? 0) > 85_000 && (delays[2] ?? 0) <= 90_000, String(delays[2]));
  });

  it("waits longer after consecutive failures, and throws STREAM_LOST after the last attempt", async () => {
    await using server = await ScriptServer.start((response) => void response.destroy());
    const delays: number[] = [];
    const onConnection = ({ delay }: ConnectionReport): void => void (delay !== undefined && delays.push(delay));
    const retry = { initial: 4, max: 40, attempts: 6 };
    const isLost = ({ code, cause }: Error & { code: string }): boolean => code === "STREAM_LOST" && Boolean(cause);
    await assert.rejects(read(server.url, { retry, onConnection }), isLost);
    assert.equal(server.requests.length, 6);
    assert.equal(delays.length, 5);
    delays.forEach((delay, index) => assert.ok(delay >= 4 && delay <= Math.min(40, 4 * 2 ** (index + 1)), `${delay}`));
  });

  it("reports each state of the connection", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\n"), status(204));
    const reports: string[] = [];
    await read(server.url, { ...QUICK, onConnection: ({ state, attempt }) => reports.push(`${state} ${attempt}`) });
    assert.deepEqual(reports, ["connecting 1", "open 1", "waiting 0", "connecting 1", "closed 1"]);
  });

  it("reconnects when the stream is silent, also before its first byte", async () => {
    await using server = await ScriptServer.start(
      () => undefined,
      openStream("data: a\n\n"),
      stream("data: b\n\n"),
      status(204),
    );
    const reasons: unknown[] = [];
    const onConnection = ({ error }: ConnectionReport): void => void (error !== undefined && reasons.push(error));
    assert.deepEqual(await read(server.url, { ...QUICK, silence: 60, onConnection }), ["message|a|", "message|b|"]);
    assert.deepEqual(
      reasons.map((error) => (error as { code: string }).code),
      ["STREAM_SILENT", "STREAM_SILENT"],
    );
  });

  it("does not count the time in which the loop reads nothing as silence", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\ndata: b\n\n"), status(204));
    const events: string[] = [];
    for await (const { data } of follow(server.url, { ...QUICK, silence: 50 })) {
      events.push(data);
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    assert.deepEqual(events, ["a", "b"]);
    assert.equal(server.requests.length, 2);
  });

  it("throws EVENT_TOO_LARGE after the events before it, and closes the connection", async () => {
    await using server = await ScriptServer.start(openStream(`data: a\n\ndata: ${"x".repeat(100)}`));
    const events: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const event of follow(server.url, { maxEventBytes: 50 })) events.push(event.data);
    };
    await assert.rejects(loop(), { code: "EVENT_TOO_LARGE" });
    assert.deepEqual(events, ["a"]);
    await server.requests[0]?.closed;
  });
});

describe("EventFollower", () => {
  const leave: Readonly<Record<string, (url: string) => Promise<void>>> = {
    "break": async (url) => {
      for await (const _ of follow(url)) break;
    },
    "an error in the loop": async (url) => {
      const loop = async (): Promise<void> => {
        for await (const _ of follow(url)) throw new Error("own");
      };
      await assert.rejects(loop(), { message: "own" });
    },
    "return() while next() waits": async (url) => {
      const follower = follow(url);
      assert.equal((await follower.next()).done, false);
      const next = follower.next();
      assert.deepEqual(await follower.return(), { done: true, value: undefined });
      assert.deepEqual(await next, { done: true, value: undefined });
    },
    "await using": async (url) => {
      await using follower = follow(url);
      await follower.next();
    },
    "an aborted signal while next() waits": async (url) => {
      const controller = new AbortController();
      const follower = follow(url, { signal: controller.signal });
      await follower.next();
      const next = follower.next();
      controller.abort(new Error("aborted"));
      await assert.rejects(next, { message: "aborted" });
      assert.deepEqual(await follower.next(), { done: true, value: undefined });
    },
  };
  for (const [way, run] of Object.entries(leave)) {
    it(`closes the connection after ${way}`, async () => {
      await using server = await ScriptServer.start(openStream("data: a\n\n"));
      await run(server.url);
      await server.requests[0]?.closed;
      assert.equal(server.requests.length, 1);
    });
  }

  it("rejects at once with the reason of a signal that was aborted before", async () => {
    await using server = await ScriptServer.start(status(204));
    await assert.rejects(follow(server.url, { signal: AbortSignal.abort(new Error("early")) }).next(), {
      message: "early",
    });
    assert.equal(server.requests.length, 0);
  });

  it("ends a wait for the next connection when the reader leaves", async () => {
    await using server = await ScriptServer.start(status(503));
    const waits = new EventTarget();
    const onConnection = ({ state }: ConnectionReport): void => {
      if (state === "waiting") waits.dispatchEvent(new Event("waiting"));
    };
    const follower = follow(server.url, { retryStatuses: true, retry: { initial: 600_000 }, onConnection });
    const waiting = once(waits, "waiting");
    const next = follower.next();
    await waiting;
    await follower.return();
    assert.equal((await next).done, true);
  });

  it("yields no event after its signal was aborted, although the chunk has more", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\ndata: b\n\n"));
    const controller = new AbortController();
    const follower = follow(server.url, { signal: controller.signal });
    await follower.next();
    controller.abort(new Error("aborted"));
    await assert.rejects(follower.next(), { message: "aborted" });
  });

  it("has the last event ID of the events that the loop has received", async () => {
    await using server = await ScriptServer.start(stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), openStream());
    const follower = follow(server.url, { lastEventId: "0", retry: { initial: 0 } });
    const seen = [follower.lastEventId];
    for (let count = 0; count < 2; count++) {
      await follower.next();
      seen.push(follower.lastEventId);
    }
    await follower.return();
    assert.deepEqual(seen, ["0", "1", "2"]);
  });

  it("reconnects on request with the last event ID", async () => {
    await using server = await ScriptServer.start(openStream("id: 4\ndata: a\n\n"), stream("data: b\n\n"), status(204));
    const follower = follow(server.url, { ...QUICK });
    const events: string[] = [];
    for await (const event of follower) {
      events.push(text(event));
      if (event.data === "a") follower.reconnect();
    }
    assert.deepEqual(events, ["message|a|4", "message|b|4"]);
    assert.equal(server.requests[1]?.headers["last-event-id"], "4");
  });
});
