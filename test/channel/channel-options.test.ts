import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { rawClient, startChannel, until } from "../support/channel.js";
import { EventClient, ask } from "../support/http.js";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** The messages of a diagnostics channel while a test runs. */
function listen(t: TestContext, name: string): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = [];
  const listener = (message: unknown): void => void messages.push(message as Record<string, unknown>);
  diagnostics.subscribe(name, listener);
  t.after(() => diagnostics.unsubscribe(name, listener));
  return messages;
}

describe("Channel.handle and Channel.respond", () => {
  it("can be passed on unbound", async (t) => {
    const channel = new Channel({ uniqueEpoch: "e" });
    const server = createServer(channel.handle);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(async () => {
      await channel.close({ deadline: 0 });
      server.close();
    });
    const client = await EventClient.open((server.address() as AddressInfo).port, "/");
    const { respond } = channel;
    const response = respond(new Request("http://localhost/"));
    channel.publish("a");
    channel.end();
    assert.equal(await response.text(), "retry: 2000\nid: e-1\ndata: a\n\n");
    assert.deepEqual(
      (await client.ended()).map(({ data }) => data),
      ["a"],
    );
  });
});

describe("Channel: onConnect, onDisconnect and onGap", () => {
  it("are called for each client, in this order: connect, gap, disconnect", async (t) => {
    const calls: unknown[] = [];
    const { channel, port } = await startChannel(t, {
      onConnect: ({ start }) => calls.push(["connect", start]),
      onDisconnect: ({ start }, reason) => calls.push(["disconnect", start, reason]),
      onGap: ({ start }, gap) => calls.push(["gap", start, gap]),
    });
    const client = await EventClient.open(port, "/", { "Last-Event-ID": "x-1" });
    client.close();
    await until(() => calls.length === 3);
    assert.deepEqual(calls, [
      ["connect", "gap"],
      ["gap", "gap", { lastEventId: "x-1", reason: "epoch", missed: null }],
      ["disconnect", "gap", "left"],
    ]);
    assert.equal(channel.clientCount, 0);
  });

  it("hurt no client when they throw or reject; tailcast:error reports it", async (t) => {
    const errors = listen(t, "tailcast:error");
    const [thrown, rejected] = [new Error("thrown"), new Error("rejected")];
    const { channel, port } = await startChannel(t, {
      onConnect: () => Promise.reject(rejected),
      onGap: () => {
        throw thrown;
      },
    });
    const client = await EventClient.open(port, "/", { "Last-Event-ID": "x-1" });
    channel.publish("a");
    const events = await client.until((all) => all.length === 2);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["gap", "message"],
    );
    assert.deepEqual(
      errors.map(({ hook, error }) => [hook, error]),
      [
        ["onGap", thrown],
        ["onConnect", rejected],
      ],
    );
    assert.equal(errors[0]?.["channel"], channel);
    client.close();
  });

  it("cause a warning of the process when nothing subscribes to tailcast:error", async (t) => {
    const { port } = await startChannel(t, {
      onConnect: () => {
        throw new Error("my mistake");
      },
    });
    const warned = once(process, "warning");
    const client = await EventClient.open(port, "/");
    const [warning] = (await warned) as [Error & { code?: string; detail?: string }];
    assert.deepEqual(
      [warning.name, warning.code, warning.message],
      ["TailcastWarning", "TAILCAST_HOOK", "The channel's option onConnect failed"],
    );
    assert.match(warning.detail ?? "", /my mistake/);
    client.close();
  });
});

describe("Channel: methods and accept", () => {
  it("opens a stream for the methods that it lists, and names them in Allow", async (t) => {
    const { channel, port } = await startChannel(t, { methods: ["GET", "POST"], backlog: "all" });
    channel.publish("answer");
    channel.end();
    const post = await ask(port, "POST", "/", { body: "question" });
    assert.deepEqual([post.status, post.text], [200, "retry: 2000\nid: e-1\ndata: answer\n\n"]);
    const put = await ask(port, "PUT", "/");
    assert.deepEqual([put.status, put.headers.allow], [405, "GET, HEAD, POST"]);
    assert.match(put.text, /use GET or POST/);
  });

  it("ignores the Accept header when told to", async (t) => {
    const { channel, port } = await startChannel(t, { accept: "ignore" });
    channel.publish("a");
    channel.end();
    const headers = { Accept: "application/json", "Last-Event-ID": "e-0" };
    assert.equal((await ask(port, "GET", "/", { headers })).status, 200);
  });

  it("gives HEAD the head that GET gets", async (t) => {
    const { port } = await startChannel(t, { compress: true, maxClients: 1, whenFull: "reject" });
    const headers = { "Accept-Encoding": "gzip" };
    const head = await ask(port, "HEAD", "/", { headers });
    const client = await EventClient.open(port, "/", headers);
    for (const name of ["content-type", "content-encoding", "vary", "cache-control", "x-accel-buffering"]) {
      assert.equal(head.headers[name], client.headers[name], name);
    }
    const full = await ask(port, "HEAD", "/", { headers });
    assert.equal(full.status, 503);
    assert.ok(Number(full.headers["retry-after"]) >= 5);
    client.close();
  });
});

describe("Channel: cors", () => {
  const preflight = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "last-event-id",
  };

  it("lets pages of the listed origins read, and answers their preflight requests", async (t) => {
    const { channel, port } = await startChannel(t, { cors: { origins: ["https://app.example"], credentials: true } });
    channel.end();
    const headers = { Origin: "https://app.example" };
    const reply = await ask(port, "GET", "/", { headers });
    assert.deepEqual(
      [reply.headers["access-control-allow-origin"], reply.headers["access-control-allow-credentials"]],
      ["https://app.example", "true"],
    );
    assert.equal(reply.headers.vary, "Origin");
    const allowed = await ask(port, "OPTIONS", "/", { headers: { ...headers, ...preflight } });
    assert.equal(allowed.status, 204);
    assert.deepEqual(
      [allowed.headers["access-control-allow-methods"], allowed.headers["access-control-allow-headers"]],
      ["GET, HEAD", "last-event-id"],
    );
  });

  it("says nothing to pages of other origins, but tells caches that the answer depends on the origin", async (t) => {
    const { channel, port } = await startChannel(t, { compress: true, cors: { origins: ["https://app.example"] } });
    channel.end();
    for (const Origin of ["https://app.example.evil", "http://app.example", "null"]) {
      const reply = await ask(port, "GET", "/", { headers: { Origin } });
      assert.equal(reply.headers["access-control-allow-origin"], undefined);
      assert.equal(reply.headers.vary, "Accept-Encoding, Origin");
      assert.equal((await ask(port, "OPTIONS", "/", { headers: { Origin, ...preflight } })).status, 405);
    }
  });

  it("allows every origin with *, in respond() as well, and never with credentials", async () => {
    const channel = new Channel({ cors: { origins: ["*"] } });
    const request = new Request("http://localhost/", { headers: { Origin: "https://any.example" } });
    assert.equal(channel.respond(request).headers.get("access-control-allow-origin"), "*");
    await channel.close({ deadline: 0 });
  });

  for (const cors of [
    { origins: ["https://app.example/"] },
    { origins: ["app.example"] },
    { origins: "https://app.example" },
    { origins: ["*"], credentials: true },
    { origins: ["https://app.example"], credentials: "yes" },
  ]) {
    it(`refuses ${JSON.stringify(cors)}`, () => {
      assert.throws(() => new Channel({ cors } as never), { code: "INVALID_OPTION" });
    });
  }
});

describe("Channel: epochs", () => {
  it("refuses a fixed epoch for a log in memory, which would give old ids to new events", () => {
    assert.throws(() => new Channel({ epoch: "orders" }), {
      code: "INVALID_OPTION",
      message: /"epoch".* leave it out, give a history, or pass a new name each time as "uniqueEpoch"/,
    });
  });

  it("accepts two UUIDs, as FileHistory does", () => {
    const uniqueEpoch = `${crypto.randomUUID()}-${crypto.randomUUID()}`;
    assert.equal(new Channel({ uniqueEpoch }).publish("a"), `${uniqueEpoch}-1`);
  });

  it("gives each log in memory another one", () => {
    assert.notEqual(new Channel().publish("a"), new Channel().publish("a"));
  });
});

describe("Channel.publish()", () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ data: { a: 1 } }, /data is an object; pass JSON\.stringify\(value\)$/],
    [{ data: [1] }, /data is an array; pass JSON\.stringify\(value\)$/],
    [{ data: 5 }, /"data": it is of type number/],
    [{ data: "x", id: 5 }, /"id": it is of type number/],
    [{ data: "x", id: {} }, /id is an object/],
    [{ data: "x", event: Symbol("x") }, /"event": it is of type symbol/],
    [{ data: "x", retry: "5" }, /"retry"/],
    [{ data: "x", comment: 1n }, /"comment": it is of type bigint/],
    [{ event: "x" }, /an object with "data"/],
    [undefined, /pass a string/],
    [null, /pass a string/],
    [5, /pass a string/],
    [["x"], /pass a string/],
    [() => "x", /pass a string/],
  ];
  for (const [event, message] of bad) {
    const shown = JSON.stringify(event, (_, value: unknown) => (typeof value === "object" ? value : String(value)));
    it(`refuses ${shown} with INVALID_EVENT, and publishes nothing`, () => {
      const channel = new Channel({ uniqueEpoch: "e" });
      assert.throws(() => channel.publish(event as never), { code: "INVALID_EVENT", message });
      assert.equal(channel.publish("good"), "e-1");
    });
  }
});

describe("Channel: pipelined requests", () => {
  it("lets a stream wait for the response before it, and then sends everything published meanwhile", async (t) => {
    let finish: () => void = () => undefined;
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/file") finish = () => void response.end("file");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    channel.publish("meanwhile");
    await new Promise(setImmediate);
    assert.equal(client.received, "");
    finish();
    await client.until("data: meanwhile\n\n");
    channel.publish("later");
    await client.until("data: later\n\n");
    assert.match(client.received, /\r\n\r\nfileHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nc\r\nretry: 2000\n\r\n/);
    assert.deepEqual([channel.statistics.refused, channel.statistics.delivered], [0, 2]);
  });

  it("opens a stream behind HEAD", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).send("HEAD / HTTP/1.1", "Host: localhost").get("/");
    await client.until("c\r\nretry: 2000\n\r\n");
  });

  it("frees the place of a stream whose connection ends before its turn", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url !== "/file") channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    client.socket.resetAndDestroy();
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.left, 1);
  });

  it("drops a stream whose turn does not come for stallTimeout, or until the deadline of close()", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 50 }, (request, response) => {
      if (request.url !== "/file") channel.handle(request, response);
    });
    rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.stalled, 1);
    rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    await channel.close({ deadline: 10 });
    assert.equal(channel.statistics.closed.closed, 1);
  });

  it("ends a waiting stream with its farewell when its turn comes", async (t) => {
    let finish: () => void = () => undefined;
    const { channel, port } = await startChannel(t, { compress: true }, (request, response) => {
      if (request.url === "/file") finish = () => void response.end("file");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/file").get("/events");
    await until(() => channel.clientCount === 1);
    const closing = channel.close();
    finish();
    await closing;
    assert.match(await client.closed(), /retry: 2000\n\r\n[0-9a-f]+\r\nretry: \d+\n\r\n0\r\n\r\n$/);
  });
});
