import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { ChannelGroup } from "../../../dist/channel/group/channel-group.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { makeFolder } from "../../support/folders.js";
import { rawClient, until } from "../../support/channel.js";
import { EventClient, TestServer, ask } from "../../support/http.js";
import type { TestContext } from "node:test";
import type { ChannelGroupOptions } from "../../../dist/channel/group/channel-group-options.js";
import type { ChannelHistory } from "../../../dist/channel/history/history.js";

/** A group behind a server, whose paths are the topics. */
async function startGroup(
  t: TestContext,
  options?: ChannelGroupOptions,
): Promise<{ group: ChannelGroup; port: number; failures: unknown[] }> {
  const group = new ChannelGroup(options);
  const failures: unknown[] = [];
  const server = await TestServer.start((request, response) => {
    group.handle(request.url ?? "", request, response).catch((error: unknown) => failures.push(error));
  });
  t.after(async () => {
    await group.close({ deadline: 0 });
    await server.close();
  });
  return { group, port: server.port, failures };
}

const isDropped = (group: ChannelGroup): Promise<void> => until(() => group.statistics.channels === 0);

describe("ChannelGroup", () => {
  it("opens one channel for each topic, on demand", async (t) => {
    const { group, port } = await startGroup(t);
    assert.equal(group.find("/a"), undefined);
    const [first, again, other] = await Promise.all([group.get("/a"), group.get("/a"), group.get("/b")]);
    assert.equal(first, again);
    assert.notEqual(first, other);
    assert.equal(group.find("/a"), first);
    const client = await EventClient.open(port, "/a");
    await until(() => first.clientCount === 1);
    group.find("/b")?.publish("for others");
    group.find("/a")?.publish("for a");
    const [event] = await client.until(({ length }) => length === 1);
    assert.equal(event?.data, "for a");
    assert.deepEqual(group.statistics, { channels: 2, clients: 1, opened: 2, dropped: 0, refused: 0 });
  });

  it("passes options and data to the channel, also for Fetch requests", async (t) => {
    const topics: string[] = [];
    const group = new ChannelGroup<number>({
      channel: (topic) => {
        topics.push(topic);
        return { retry: 10, backlog: "all" };
      },
    });
    t.after(() => group.close());
    const response = await group.respond("a", new Request("http://localhost/"), { data: 7 });
    const channel = await group.get("a");
    assert.deepEqual([...channel.clients].map(({ data }) => data), [7]);
    channel.end();
    assert.equal(await response.text(), "retry: 10\n");
    assert.deepEqual(topics, ["a"]);
  });

  it("refuses options that channels cannot share, and topics that are not strings", async () => {
    const history = { epoch: "e", end: 1 } as unknown as ChannelHistory;
    const bad: ChannelGroupOptions[] = [
      { maxChannels: 0 },
      { idleTimeout: -1 },
      { openOnRequest: 0 as never },
      { channel: { history } },
      { channel: { log: new MemoryLog() } },
      { channel: { uniqueEpoch: "e" } },
      { channel: "all" as never },
    ];
    for (const options of bad) assert.throws(() => new ChannelGroup(options), { code: "INVALID_OPTION" });
    await assert.rejects(new ChannelGroup().get(1 as never), { code: "INVALID_OPTION" });
    const late = new ChannelGroup({ channel: () => ({ uniqueEpoch: "e" }) });
    await assert.rejects(late.get("a"), { code: "INVALID_OPTION" });
    for (const [value, given] of [
      [undefined, "undefined"],
      [5, "a number"],
      [null, "null"],
    ]) {
      const message = `Cannot use "channel": it must be an object, not ${given}`;
      const group = new ChannelGroup({ channel: () => value as never });
      await assert.rejects(group.get("a"), { code: "INVALID_OPTION", message });
    }
  });

  it("refuses a channel or a history in place of options, and says so", async () => {
    const history: ChannelHistory = { epoch: "e", end: 1, read: () => assert.fail("it was read") };
    for (const [value, problem] of [
      [new Channel(), "it must be the options of a channel, not a channel"],
      [history, "it must be the options of a channel; pass { history }"],
    ] as const) {
      const refusal = { code: "INVALID_OPTION", message: `Cannot use "channel": ${problem}` };
      assert.throws(() => new ChannelGroup({ channel: value as never }), refusal);
      await assert.rejects(new ChannelGroup({ channel: () => value as never }).get("a"), refusal);
    }
  });

  it("asks for the options of a topic once, and again after a failure", async (t) => {
    let calls = 0;
    const failure = new Error("the disk is gone");
    const { group, port, failures } = await startGroup(t, {
      channel: async () => {
        calls++;
        await new Promise(setImmediate);
        if (calls === 1) throw failure;
        return {};
      },
    });
    const results = await Promise.allSettled([group.get("/a"), group.get("/a")]);
    assert.deepEqual(results, Array.from({ length: 2 }, () => ({ status: "rejected", reason: failure })));
    assert.equal(group.statistics.channels, 0);
    await Promise.all([group.get("/a"), group.get("/a")]);
    assert.equal(calls, 2);
    calls = 0;
    const answer = await ask(port, "GET", "/b");
    assert.match(answer.text, /^: the channel cannot be opened\nretry: \d+\n$/);
    assert.deepEqual(failures, [failure]);
  });

  it("closes the history of a channel that cannot be made", async () => {
    let isClosed = false;
    const history = { epoch: "not an epoch", end: 1, close: () => void (isClosed = true) } as unknown as ChannelHistory;
    const group = new ChannelGroup({ channel: () => ({ history }) });
    await assert.rejects(group.get("a"), { code: "INVALID_OPTION" });
    assert.equal(isClosed, true);
  });

  it("limits the number of channels, and never closes one with clients to make room", async (t) => {
    const { group, port, failures } = await startGroup(t, { maxChannels: 2, idleTimeout: 20 });
    const clients = await Promise.all([EventClient.open(port, "/a"), EventClient.open(port, "/b")]);
    await assert.rejects(group.get("/c"), {
      code: "TOO_MANY_CHANNELS",
      message: "Cannot open another channel: the limit of 2 channels is reached",
    });
    const answer = await ask(port, "GET", "/c");
    assert.equal(answer.status, 200);
    assert.match(answer.text, /^: too many channels\nretry: \d+\n$/);
    assert.match(
      await (await group.respond("/c", new Request("http://localhost/"))).text(),
      /^: too many channels\nretry: \d+\n$/,
    );
    assert.equal(group.statistics.refused, 3);
    assert.equal(await group.get("/a"), group.find("/a"));
    clients[0].close();
    await until(() => group.statistics.channels === 1);
    await group.get("/c");
    assert.deepEqual(failures, []);
    assert.equal(group.statistics.clients, 1);
  });

  it("keeps channels that have clients or are used, and closes idle ones", async (t) => {
    const { group, port } = await startGroup(t, { idleTimeout: 300 });
    const client = await EventClient.open(port, "/followed");
    const [found, published, idle] = await Promise.all([group.get("found"), group.get("published"), group.get("idle")]);
    while (group.statistics.channels === 4) {
      group.find("found");
      published.publish("x");
      await new Promise(setImmediate);
    }
    assert.deepEqual([group.find("idle"), idle.state], [undefined, "closed"]);
    assert.equal(group.find("found"), found);
    assert.equal(group.find("published"), published);
    assert.equal(group.find("/followed")?.clientCount, 1);
    assert.equal(group.statistics.dropped, 1);
    client.close();
    await isDropped(group);
  });

  it("keeps a channel that only a reader follows", async (t) => {
    const { group } = await startGroup(t, { idleTimeout: 20 });
    const [followed] = await Promise.all([group.get("followed"), group.get("idle")]);
    const reader = followed.read();
    const next = reader.next();
    await until(() => group.statistics.dropped === 1);
    // Several periods, in which every idle channel is closed.
    await group.get("later");
    await until(() => group.statistics.dropped === 2);
    assert.equal(followed.state, "open");
    followed.publish({ id: "a", data: "x" });
    assert.equal(String((await next).value), "id: a\ndata: x\n\n");
    await reader.return();
    await isDropped(group);
  });

  it("lets pages of allowed origins read a refusal", async () => {
    const origin = "https://app.example";
    const group = new ChannelGroup({ maxChannels: 1, channel: { cors: { origins: [origin] } } });
    await group.get("first");
    const answer = await group.respond("second", new Request("http://localhost/", { headers: { origin } }));
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), origin);
    const server = await TestServer.start((request, response) => void group.handle("second", request, response));
    const { headers } = await fetch(`http://127.0.0.1:${server.port}/`, { headers: { origin } });
    assert.deepEqual([headers.get("Access-Control-Allow-Origin"), headers.get("Vary")], [origin, "Origin"]);
    await group.close();
    await server.close();
  });

  it("opens a new channel for a topic whose channel the application closed", async (t) => {
    const { group } = await startGroup(t);
    const first = await group.get("a");
    const closed = first.close();
    const second = await group.get("a");
    await closed;
    assert.notEqual(first, second);
    assert.equal(group.find("a"), second);
    assert.equal(group.statistics.channels, 1);
  });

  it("closes all channels, those that are being opened too, and opens no more", async (t) => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { group, port } = await startGroup(t, {
      channel: async (topic) => {
        if (topic === "/slow") await gate;
        return {};
      },
    });
    const client = await EventClient.open(port, "/a");
    const slow = group.get("/slow");
    const closed = group.close({ retry: 0 });
    assert.equal(group.close(), closed);
    release();
    await closed;
    assert.equal((await slow).state, "closed");
    await client.ended();
    await assert.rejects(group.get("/a"), { code: "CHANNEL_CLOSED" });
    const late = rawClient(t, port).get("/a", ["Connection: keep-alive"]);
    assert.match(await late.closed(), /\r\n\r\n[0-9a-f]+\r\n: the server is shutting down\nretry: \d+\n\r\n0\r\n\r\n$/);
    assert.match(late.head, /\r\nConnection: close\r\n/);
    assert.equal((await group.respond("/a", new Request("http://localhost/a"))).headers.get("connection"), "close");
    assert.deepEqual(group.statistics, { channels: 0, clients: 0, opened: 2, dropped: 0, refused: 0 });
  });
});

describe("ChannelGroup with openOnRequest: false", () => {
  it("answers 204 for a topic without a channel, and opens none", async (t) => {
    const origin = "https://app.example";
    const channel = { cors: { origins: [origin] } };
    const { group, port } = await startGroup(t, { channel, openOnRequest: false });
    const headers = { origin };
    const preflight = { ...headers, "access-control-request-method": "GET" };
    for (const [method, sent] of [["GET", headers], ["OPTIONS", preflight]] as const) {
      const { status, headers: received } = await ask(port, method, "/a", { headers: sent });
      const response = await group.respond("/a", new Request("http://localhost/", { method, headers: sent }));
      assert.deepEqual([status, response.status], [204, 204]);
      for (const name of ["access-control-allow-origin", "access-control-allow-methods"]) {
        assert.equal(response.headers.get(name) ?? undefined, received[name]);
      }
      assert.equal(received["access-control-allow-origin"], origin);
      assert.equal("access-control-allow-methods" in received, method === "OPTIONS");
    }
    assert.deepEqual(group.statistics, { channels: 0, clients: 0, opened: 0, dropped: 0, refused: 0 });
  });

  it("shows a channel that is open or being opened, and makes clients reconnect after close()", async (t) => {
    const { group, port } = await startGroup(t, { openOnRequest: false });
    const opening = group.get("/a");
    const response = await group.respond("/a", new Request("http://localhost/"));
    const client = await EventClient.open(port, "/a");
    (await opening).publish("one");
    await client.until(({ length }) => length === 1);
    await group.close({ retry: 0 });
    assert.match(await response.text(), /data: one/);
    assert.match((await ask(port, "GET", "/b")).text, /^: the server is shutting down\nretry: \d+\n$/);
  });
});

describe("ChannelGroup: the delivery promise", () => {
  it("reports a gap to a client that returns to a channel that was opened again", async (t) => {
    const { group, port } = await startGroup(t, { idleTimeout: 20 });
    const client = await EventClient.open(port, "/a");
    group.find("/a")?.publish("first");
    const [seen] = await client.until(({ length }) => length === 1);
    client.close();
    await isDropped(group);
    const again = await EventClient.open(port, "/a", { "Last-Event-ID": seen?.lastEventId ?? "" });
    group.find("/a")?.publish("second");
    const events = await again.until(({ length }) => length === 2);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["gap", "message"],
    );
    assert.equal((JSON.parse(events[0]?.data ?? "") as { reason: string }).reason, "epoch");
    assert.notEqual(events[1]?.lastEventId, seen?.lastEventId);
  });

  it("resumes exactly where the topic has a history, which one channel has at a time", async (t) => {
    const folder = await makeFolder(t);
    let open = 0;
    let most = 0;
    const { group, port } = await startGroup(t, {
      idleTimeout: 10,
      channel: async (topic) => {
        const history = await FileHistory.open(`${folder}${topic}`, "topic");
        most = Math.max(most, ++open);
        const { close } = history;
        history.close = async () => {
          await close.call(history);
          open--;
        };
        return { history };
      },
    });
    let lastEventId = "";
    const received: string[] = [];
    for (let round = 0; round < 20; round++) {
      const client = await EventClient.open(port, "/a", lastEventId === "" ? {} : { "Last-Event-ID": lastEventId });
      for (const part of ["a", "b"]) (await group.get("/a")).publish(`${round}${part}`);
      const before = received.length;
      // The next client gets the second event of every third round.
      const wanted = round % 3 === 0 ? 1 : 2;
      await client.until(({ length }) => length >= wanted);
      for (const { type, data, lastEventId: id } of client.events.slice(0, wanted)) {
        assert.equal(type, "message");
        received.push(data);
        lastEventId = id;
      }
      assert.ok(received.length > before);
      client.close();
      if (round % 2 === 0) await isDropped(group);
    }
    const client = await EventClient.open(port, "/a", { "Last-Event-ID": lastEventId });
    const rest = 40 - received.length;
    await client.until(({ length }) => length === rest);
    received.push(...client.events.map(({ data }) => data));
    const all = Array.from({ length: 20 }, (_, round) => [`${round}a`, `${round}b`]).flat();
    assert.deepEqual(received, all);
    assert.ok(group.statistics.dropped >= 10);
    assert.equal(most, 1);
  });

  it("serves every client that connects around the moment at which its channel is dropped", async (t) => {
    const { group, port, failures } = await startGroup(t, { idleTimeout: 3 });
    for (let round = 0; round < 60; round++) {
      const delay = performance.now() + ((round * 7) % 30);
      while (performance.now() < delay) await new Promise(setImmediate);
      const client = await EventClient.open(port, "/a");
      assert.equal(group.find("/a")?.clientCount, 1);
      group.find("/a")?.publish(String(round));
      const [event] = await client.until(({ length }) => length === 1);
      assert.deepEqual([event?.type, event?.data], ["message", String(round)]);
      client.close();
      await until(() => group.statistics.clients === 0);
    }
    assert.deepEqual(failures, []);
    assert.ok(group.statistics.dropped > 0);
  });

  it("subscribes no client that leaves while its channel opens", async (t) => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { group, port } = await startGroup(t, {
      channel: async () => {
        await gate;
        return {};
      },
    });
    const client = rawClient(t, port).get("/a");
    await until(() => group.statistics.channels === 1);
    client.socket.resetAndDestroy();
    await client.closed();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    release();
    assert.equal((await group.get("/a")).clientCount, 0);
  });
});
