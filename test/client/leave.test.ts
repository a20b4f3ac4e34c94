import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { EventSource, follow } from "../../dist/client/index.js";
import { ScriptServer, openStream, status, stream } from "./script-server.ts";
import type { ConnectionState, EventFollower, FetchFunction, FollowOptions } from "../../dist/client/index.js";
import type { Answer } from "./script-server.ts";

const NEVER = new Promise<never>(() => undefined);
const REASON = new Error("left");

/** A stage of a connection at which a reader leaves. */
interface Stage {
  readonly answer: Answer;
  readonly options?: FollowOptions;
  /** The state to await. Default: the request has reached the server. */
  readonly state?: ConnectionState;
}

const stages: Readonly<Record<string, Stage>> = {
  "before the function of headers has returned": {
    answer: openStream(),
    options: { headers: () => NEVER },
    state: "connecting",
  },
  "before the function of the body has returned": {
    answer: openStream(),
    options: { method: "POST", body: () => NEVER },
    state: "connecting",
  },
  "when the request starts": { answer: openStream(), state: "connecting" },
  "while the server does not answer": { answer: () => undefined },
  "in the middle of the headers": {
    answer: (_, { socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/ev"),
  },
  "while the stream has no event": { answer: openStream(), state: "open" },
  "in the middle of an event": { answer: openStream("data: unfinished\n"), state: "open" },
  "while it waits to reconnect": {
    answer: status(503),
    options: { retryStatuses: true, retry: { initial: 600_000 } },
    state: "waiting",
  },
};

/** The ways to leave, and what the pending `next()` then does. */
const ways: Readonly<Record<string, (follower: EventFollower, controller: AbortController) => unknown>> = {
  "return()": (follower) => follower.return(),
  "return(), twice": (follower) => Promise.all([follower.return(), follower.return()]),
  "an aborted signal": (_, controller) => controller.abort(REASON),
  "an aborted signal and return()": (follower, controller) => {
    controller.abort(REASON);
    return follower.return();
  },
  "reconnect() and return()": (follower) => {
    follower.reconnect();
    return follower.return();
  },
};

describe("EventFollower", () => {
  for (const [stageName, { answer, options, state }] of Object.entries(stages)) {
    for (const [way, leave] of Object.entries(ways)) {
      for (const when of state === undefined ? ["later"] : ["in onConnection", "later"]) {
        it(`ends ${stageName}, by ${way}, ${when}`, async () => {
          await using server = await ScriptServer.start((response, request) => {
            answer(response, request);
            if (state === undefined) setImmediate(reached);
          });
          let reached = (): void => undefined;
          const isReached = new Promise<void>((resolve) => (reached = resolve));
          const controller = new AbortController();
          const states: ConnectionState[] = [];
          let left: unknown;
          const follower: EventFollower = follow(server.url, {
            ...options,
            signal: controller.signal,
            onConnection: (report) => {
              states.push(report.state);
              if (report.state !== state || left !== undefined) return;
              if (when === "in onConnection") left = leave(follower, controller) ?? true;
              else setImmediate(reached);
            },
          });
          const next = follower.next();
          if (when === "later") {
            next.catch(() => undefined);
            await isReached;
            left = leave(follower, controller);
          }
          if (way.startsWith("an aborted signal")) await assert.rejects(next, REASON);
          else assert.deepEqual(await next, { done: true, value: undefined });
          await left;
          assert.deepEqual(await follower.next(), { done: true, value: undefined });
          assert.equal(states.at(-1), "closed");
          // A complete answer leaves its connection to the pool of fetch.
          if (state !== "waiting") await Promise.all(server.requests.map(({ closed }) => closed));
        });
      }
    }
  }

  it("sends no request when the reader leaves before the first next()", async () => {
    await using server = await ScriptServer.start(openStream());
    const follower = follow(server.url);
    follower.reconnect();
    await follower.return();
    assert.deepEqual(await follower.next(), { done: true, value: undefined });
    assert.equal(server.requests.length, 0);
  });

  it("reconnects at once when onConnection calls reconnect() before a wait", async () => {
    await using server = await ScriptServer.start(stream("data: a\n\n"), stream("data: b\n\n"), status(204));
    const follower: EventFollower = follow(server.url, {
      retry: { initial: 600_000 },
      onConnection: ({ state }) => state === "waiting" && follower.reconnect(),
    });
    const events: string[] = [];
    for await (const { data } of follower) events.push(data);
    assert.deepEqual(events, ["a", "b"]);
  });

  it("rejects with an error of onConnection, at each state, and leaves nothing open", async () => {
    for (const state of ["connecting", "open", "waiting", "closed"]) {
      await using server = await ScriptServer.start(stream("data: a\n\n"), status(204));
      const onConnection = (report: { readonly state: string }): void => {
        if (report.state === state) throw REASON;
      };
      const read = async (): Promise<void> => {
        for await (const _ of follow(server.url, { retry: { initial: 0 }, onConnection }));
      };
      await assert.rejects(read(), REASON);
    }
  });

  /** Bodies of a `fetch` that ignores the signal: a web stream and a stream of Node, which never bring a byte. */
  const bodies: Readonly<Record<string, (closed: () => void) => Awaited<ReturnType<FetchFunction>>["body"]>> = {
    "a web stream": (closed) => new ReadableStream<Uint8Array>({ cancel: closed }),
    "a stream of Node": (closed) => new PassThrough().on("close", closed),
  };
  for (const [name, makeBody] of Object.entries(bodies)) {
    for (const [moment, code] of [
      ["while it is read", 200],
      ["of an answer that is refused", 404],
    ] as const) {
      it(`closes ${name} ${moment}, although fetch ignores the signal`, async () => {
        let closed = (): void => undefined;
        const isClosed = new Promise<void>((resolve) => (closed = resolve));
        const headers = new Headers({ "Content-Type": "text/event-stream" });
        const fetch: FetchFunction = async () => ({ status: code, headers, body: makeBody(closed) });
        const follower: EventFollower = follow("http://127.0.0.1/", {
          fetch,
          onConnection: ({ state }) => state === "open" && setImmediate(() => follower.return()),
        });
        if (code === 200) assert.equal((await follower.next()).done, true);
        else await assert.rejects(follower.next(), { code: "STREAM_REFUSED" });
        await isClosed;
      });
    }

    it(`closes ${name} that arrives after the reader has left`, async () => {
      let closed = (): void => undefined;
      const isClosed = new Promise<void>((resolve) => (closed = resolve));
      const headers = new Headers({ "Content-Type": "text/event-stream" });
      let answer = (): void => undefined;
      const arrival = new Promise<void>((resolve) => (answer = resolve));
      const fetch: FetchFunction = async () => {
        await arrival;
        return { status: 200, headers, body: makeBody(closed) };
      };
      const follower = follow("http://127.0.0.1/", { fetch });
      const next = follower.next();
      await new Promise(setImmediate);
      await follower.return();
      assert.equal((await next).done, true);
      answer();
      await isClosed;
    });
  }
});

describe("EventSource", () => {
  it("sends no request when it is closed at once", async () => {
    await using server = await ScriptServer.start(openStream());
    const source = new EventSource(server.url);
    source.close();
    source.close();
    await new Promise(setImmediate);
    assert.equal(source.readyState, EventSource.CLOSED);
    assert.equal(server.requests.length, 0);
  });
});

/** Programs that follow a stream, leave it, and then have nothing else to do. Each prints "left". */
const programs: Readonly<Record<string, string>> = {
  "break": `for await (const _ of follow(url)) break; console.log("left");`,
  "an aborted signal": `
    const controller = new AbortController();
    try { for await (const _ of follow(url, { signal: controller.signal })) controller.abort(); } catch {}
    console.log("left");`,
  "return() while the server does not answer": `
    const follower = follow(url + "silent", { silence: 600_000 });
    const next = follower.next();
    setTimeout(async () => { await follower.return(); await next; console.log("left"); }, 50);`,
  "return() while it waits to reconnect": `
    const onConnection = ({ state }) => state === "waiting" && setImmediate(() => follower.return());
    const follower = follow(url + "busy", { retryStatuses: true, retry: { initial: 600_000 }, onConnection });
    await follower.next(); console.log("left");`,
  "204": `for await (const _ of follow(url + "end", { silence: 600_000 })); console.log("left");`,
  "a refusal": `await follow(url + "missing").next().catch(() => console.log("left"));`,
  "close() of an EventSource": `
    const source = new EventSource(url);
    source.onmessage = () => { source.close(); console.log("left"); };`,
};

/** The longest time until a process without work ends. The connections of `fetch` would keep it for four seconds. */
const AT_ONCE = 2500;

describe("a process that has left a stream", () => {
  for (const [way, program] of Object.entries(programs)) {
    it(`exits at once after ${way}`, async () => {
      const statuses: Readonly<Record<string, number>> = { "/busy": 503, "/end": 204, "/missing": 404 };
      await using server = await ScriptServer.start((response, request) => {
        if (request.url === "/") openStream("data: a\n\ndata: b\n\n")(response, request);
        else if (request.url !== "/silent") status(statuses[request.url ?? ""] ?? 500)(response, request);
      });
      const client = JSON.stringify(new URL("../../dist/client/index.js", import.meta.url).href);
      const source = `import { EventSource, follow } from ${client}; const url = "${server.url}"; ${program}`;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: "pipe" });
      let errors = "";
      child.stderr.on("data", (piece) => (errors += String(piece)));
      const exited = once(child, "close");
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      assert.equal(String(line), "left\n");
      const timer = setTimeout(() => child.kill("SIGKILL"), AT_ONCE);
      const [code] = (await exited) as [number | null];
      clearTimeout(timer);
      assert.deepEqual([code, errors], [0, ""]);
    });
  }
});
