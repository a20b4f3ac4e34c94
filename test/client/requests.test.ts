import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { follow } from "../../dist/client/index.js";
import { ScriptServer, openStream, status, stream } from "./script-server.ts";
import type { ConnectionReport, FetchedResponse, FollowOptions } from "../../dist/client/index.js";
import type { Answer } from "./script-server.ts";

const QUICK: FollowOptions = { retry: { initial: 0 } };
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

/** Follows to the end; returns the data of the events. */
async function read(url: string, options: FollowOptions = QUICK): Promise<string[]> {
  const events: string[] = [];
  for await (const { data } of follow(url, options)) events.push(data);
  return events;
}

/** Answers with these bytes instead of a response of `node:http`, and ends the connection or resets it. */
function raw(bytes: string, end: "end" | "reset" = "end"): Answer {
  return (_, { socket }) => {
    if (end === "end") socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1", () => setImmediate(() => socket.resetAndDestroy()));
  };
}

/** Blocks the event loop for a time in milliseconds. */
function blockFor(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
}

function type(value: string): Answer {
  return (response) => void response.writeHead(200, { "Content-Type": value }).end("data: a\n\n");
}

describe("follow", () => {
  for (const value of [
    "text/event-stream",
    "text/event-stream;charset=utf-8",
    "TEXT/Event-Stream ; charset=UTF-8; a=b",
    "text/event-stream; charset=latin1",
  ]) {
    it(`reads a stream of type ${value}`, async () => {
      await using server = await ScriptServer.start(type(value), status(204));
      assert.deepEqual(await read(server.url), ["a"]);
    });
  }

  const others = ["text/event-streams", "text/plain", "application/json; a=text/event-stream", "", "event-stream"];
  for (const value of others) {
    it(`refuses a stream of type "${value}"`, async () => {
      await using server = await ScriptServer.start(type(value));
      await assert.rejects(read(server.url), { code: "STREAM_REFUSED", status: 200 });
    });
  }

  /** Failures of a connection; the client must reconnect, with nothing of an unfinished event. */
  const failures: Readonly<Record<string, Answer>> = {
    "no answer": raw(""),
    "a reset": raw("", "reset"),
    "an answer that is not HTTP": raw("data: a\n\n"),
    "the end in the middle of the headers": raw("HTTP/1.1 200 OK\r\nContent-Ty"),
    "a reset in the middle of the headers": raw("HTTP/1.1 200 OK\r\nContent-Ty", "reset"),
    // Without "close", the client could send its next request on this connection before it notices the end.
    "headers without a body": raw(`${HEAD}Connection: close\r\nContent-Length: 0\r\n\r\n`),
    "a body shorter than Content-Length": raw(`${HEAD}Content-Length: 100\r\n\r\nid: 8\ndata: cut`),
    "a chunk that is cut off": raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\n20\r\nid: 8\ndata: cut`),
    "no last chunk": raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\nid: 8\ndata: cut!\r\n`),
    "a reset in the middle of an event": raw(`${HEAD}\r\nid: 8\ndata: cut`, "reset"),
  };
  for (const [name, failure] of Object.entries(failures)) {
    it(`reconnects after ${name}`, async () => {
      const [first, next] = [stream("id: 7\n\n"), stream("data: next\n\n")];
      await using server = await ScriptServer.start(first, failure, next, status(204));
      assert.deepEqual(await read(server.url), ["next"]);
      assert.deepEqual(
        server.requests.map(({ headers }) => headers["last-event-id"]),
        [undefined, "7", "7", "7"],
      );
    });
  }

  it("counts a response without a body, as some fetch functions return it, as an empty stream", async () => {
    const headers = new Headers({ "Content-Type": "text/event-stream" });
    const statuses = [200, 204];
    const fetch = async (): Promise<FetchedResponse> => ({ status: statuses.shift() ?? 500, headers, body: null });
    assert.deepEqual(await read("http://127.0.0.1/", { ...QUICK, fetch }), []);
    assert.deepEqual(statuses, []);
  });

  it("reads HTTP/1.0 and a stream without a length", async () => {
    const answer = raw("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n");
    await using server = await ScriptServer.start(answer, status(204));
    assert.deepEqual(await read(server.url), ["a"]);
  });

  it("reads a compressed stream", async () => {
    await using server = await ScriptServer.start((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Content-Encoding": "gzip" });
      response.end(gzipSync("data: a\n\ndata: b\n\n"));
    }, status(204));
    assert.deepEqual(await read(server.url), ["a", "b"]);
  });

  for (const code of [301, 302, 303, 307, 308]) {
    it(`refuses ${code} without Location`, async () => {
      await using server = await ScriptServer.start(status(code));
      await assert.rejects(read(server.url), { code: "STREAM_REFUSED", status: code });
    });

    for (const target of ["/", ""]) {
      it(`counts a loop of redirects with ${code} to "${target}" as a failed connection`, async () => {
        await using server = await ScriptServer.start(status(code, { Location: target }));
        await assert.rejects(read(server.url, { retry: { attempts: 1 } }), { code: "STREAM_LOST" });
        assert.ok(server.requests.length > 5 && server.requests.length < 30, `${server.requests.length} requests`);
      });
    }
  }

  for (const code of [307, 308]) {
    it(`sends the body again after a redirect with ${code}`, async () => {
      const redirect = status(code, { Location: "/there" });
      await using server = await ScriptServer.start(redirect, stream("data: a\n\n"), status(204));
      await read(server.url, { ...QUICK, method: "POST", body: "question" });
      assert.deepEqual(
        server.requests.map(({ method, body }) => `${method} ${body}`),
        Array(3).fill("POST question"),
      );
    });
  }

  for (const method of ["POST", "REPORT", "report"]) {
    it(`sends method ${method}, the headers and the body for each connection`, async () => {
      await using server = await ScriptServer.start(stream("data: a\n\n"), stream(""), status(204));
      const headers = { "Content-Type": "application/json; charset=utf-8" };
      await read(server.url, { ...QUICK, method, headers, body: '{"hello": "wörld"}' });
      assert.deepEqual(
        server.requests.map((request) => `${request.method} ${request.headers["content-type"]} ${request.body}`),
        Array(3).fill(`${method.toUpperCase()} ${headers["Content-Type"]} {"hello": "wörld"}`),
      );
    });
  }

  /** The `retry` fields of a stream, and the delay that follows with the limits 10 and 5000. */
  for (const [field, expected] of [
    ["retry: 20", 20],
    ["retry:0", 10],
    ["retry: 99999999999999999999", 5000],
    ["retry", 40],
    ["retry: -1", 40],
    ["retry: 1e3", 40],
    ["retry: 12 ", 40],
    ["retry: 20\nretry: 30", 30],
    ["retry: 20\nretry: soon", 20],
  ] as const) {
    it(`waits ${expected} ms after ${JSON.stringify(field)}`, async () => {
      await using server = await ScriptServer.start(stream(`${field}\n`));
      const controller = new AbortController();
      let delay: number | undefined;
      const onConnection = (report: ConnectionReport): void => {
        if (report.state !== "waiting") return;
        delay = report.delay;
        controller.abort();
      };
      const retry = { initial: 40, min: 10, max: 5000 };
      const { signal } = controller;
      await assert.rejects(read(server.url, { retry, signal, onConnection }), { name: "AbortError" });
      assert.equal(delay, expected);
    });
  }

  /** The ids of a stream, and the `Last-Event-ID` of the next connection. */
  for (const [ids, expected] of [
    ["id: abc\ndata: a\n\ndata: b\n\n", "abc"],
    ["id: abc\n\nid\n\n", undefined],
    ["id: a b\n\n", "a b"],
    ["id: abc\n\nid: unfinished\ndata: b\n", "abc"],
    ["id: é\n\n", Buffer.from("é").toString("latin1")],
    // These cannot be the value of a header: to try would fail at each connection.
    ["id: a\x01\n\n", undefined],
    ["id: a\x7f\n\n", undefined],
    ["id: \tb\n\n", "b"],
  ] as const) {
    const sent = expected === undefined ? "no Last-Event-ID" : JSON.stringify(expected);
    it(`sends ${sent} after ${JSON.stringify(ids)}`, async () => {
      await using server = await ScriptServer.start(stream(ids), status(204));
      await read(server.url);
      assert.equal(server.requests[1]?.headers["last-event-id"], expected);
    });
  }

  it("sends a long id without an error of its own", async () => {
    const id = "x".repeat(1_000_000);
    await using server = await ScriptServer.start(stream(`id: ${id}\n\n`), status(204));
    // The server refuses headers of this size itself.
    await assert.rejects(read(server.url), { code: "STREAM_REFUSED", status: 431 });
  });

  for (const lastEventId of ["a\nb", "a\rb", "a\0b"]) {
    it(`refuses the option lastEventId ${JSON.stringify(lastEventId)}`, () => {
      assert.throws(() => follow("http://127.0.0.1/", { lastEventId }), { code: "INVALID_OPTION" });
    });
  }

  it("receives an event before the silence, and reconnects after it with the id", async () => {
    await using server = await ScriptServer.start(openStream("id: 1\ndata: a\n\n"), status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, silence: 50 }), ["a"]);
    assert.equal(server.requests[1]?.headers["last-event-id"], "1");
  });

  it("does not count the time in which its process was blocked as silence", async () => {
    await using server = await ScriptServer.start(async (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(":\n");
      // The client has read the comment, and waits.
      await setTimeout(20);
      response.write("data: a\n\n");
      blockFor(200);
      response.end();
    }, status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, silence: 100 }), ["a"]);
    assert.equal(server.requests.length, 2);
  });

  it("does not count heartbeats as silence", async (t) => {
    await using server = await ScriptServer.start((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      let count = 0;
      const timer = setInterval(() => {
        response.write(":\n");
        if (++count === 12) response.end("data: a\n\n");
      }, 20);
      t.after(() => clearInterval(timer));
    }, status(204));
    assert.deepEqual(await read(server.url, { ...QUICK, silence: 200 }), ["a"]);
    assert.equal(server.requests.length, 2);
  });
});
