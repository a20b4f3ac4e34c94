import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { createServer } from "node:http";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { startChannel, until } from "../support/channel.js";
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

  it("affect no client, whatever they throw or reject with, also without a subscriber", async (t) => {
    const warnings: (Error & { detail?: string })[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    t.after(() => process.off("warning", onWarning));
    const { channel, port } = await startChannel(t, {
      onConnect: () => {
        throw Object.create(null);
      },
      onDisconnect: () => ({
        then: (_resolve: unknown, reject: (reason: unknown) => void) => reject("the thenable failed"),
      }),
    });
    const [leaving, staying] = [await EventClient.open(port, "/"), await EventClient.open(port, "/")];
    leaving.close();
    await until(() => warnings.length === 3);
    channel.publish("a");
    const [event] = await staying.until(({ length }) => length === 1);
    assert.equal(event?.data, "a");
    const object = "[Object: null prototype] {}";
    assert.deepEqual(
      warnings.map(({ detail }) => detail),
      [object, object, "'the thenable failed'"],
    );
    staying.close();
  });
});

describe("Channel: clientAddress", () => {
  const failures: [string, () => unknown][] = [
    ["throws", () => assert.fail("my mistake")],
    ["returns undefined", () => undefined],
    ["returns a promise", () => Promise.resolve("192.0.2.1")],
    ["returns a promise that rejects", () => Promise.reject(new Error("my mistake"))],
  ];
  for (const [name, clientAddress] of failures) {
    it(`counts the address of the socket when it ${name}; tailcast:error reports it`, async (t) => {
      const errors = listen(t, "tailcast:error");
      const options = { clientAddress, maxClientsPerAddress: 1, whenFull: "reject" };
      const { channel, port } = await startChannel(t, options as never);
      const [first, second] = [await EventClient.open(port, "/"), await EventClient.open(port, "/")];
      assert.deepEqual([first.status, second.status], [200, 503]);
      assert.deepEqual(
        errors.map(({ channel: source, hook }) => [source, hook]),
        [
          [channel, "clientAddress"],
          [channel, "clientAddress"],
        ],
      );
      first.close();
    });
  }
});

describe("Channel: history", () => {
  it("asks to await a promise of a history", () => {
    assert.throws(() => new Channel({ history: Promise.resolve() } as never), {
      code: "INVALID_OPTION",
      message:
        'Cannot use "history": it is a promise; await it, ' +
        "as in `history: await FileHistory.open(path, epoch)`",
    });
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

  it('ignores the Accept header with accept: "ignore"', async (t) => {
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
