import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { until } from "../../support/channel.js";
import { UNAVAILABLE, gapText, scripted, startFollowing, textOf, textsOf } from "../history/scripted-log.js";

describe("Channel with a shared log: an id that this process has not seen", () => {
  it("waits for the event, and continues after it", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, open } = await startFollowing(t, log);
    const client = await open("e-4");
    assert.deepEqual([...channel.clients].map(({ start }) => start), ["resumed"]);
    await until(() => log.refreshes === 1);
    log.grow(6);
    await client.until(textOf("e", 5));
    await log.answer();
    log.grow(7);
    await client.until(textOf("e", 6));
    assert.equal(client.body, [":\n", ...textsOf("e", 5, 6)].join(""));
  });

  it("asks the store once for all that wait, and sends them a gap when it has no such event", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, open } = await startFollowing(t, log);
    const first = await open("e-3");
    await until(() => log.refreshes === 1);
    const [near, far, left] = await Promise.all([open("e-4"), open("e-9007199254740991"), open("e-5")]);
    assert.deepEqual([log.refreshes, channel.statistics.gaps, channel.statistics.lag], [1, 0, 0]);
    left.socket.destroy();
    await until(() => channel.clientCount === 3);
    await log.answer();
    await log.answer();
    for (const [client, id] of [[first, "e-3"], [near, "e-4"], [far, "e-9007199254740991"]] as const) {
      await client.until(textOf("e", 2));
      assert.equal(client.body, [":\n", gapText("e-0", id, "unknown"), ...textsOf("e", 1, 2)].join(""));
    }
    assert.deepEqual([log.refreshes, channel.statistics.gaps], [2, 3]);
  });

  it("does not trust the answer to an earlier request", async (t) => {
    const log = scripted({ end: 3 });
    const { open } = await startFollowing(t, log);
    const early = await open("e-3");
    await until(() => log.refreshes === 1);
    const late = await open("e-4");
    await log.answer();
    await early.until(textOf("e", 2));
    assert.equal(late.body, ":\n");
    await until(() => log.refreshes === 2);
    log.grow(6);
    await log.answer();
    await late.until(textOf("e", 5));
    assert.equal(late.body, `:\n${textOf("e", 5)}`);
  });

  it("waits while the store does not answer, with heartbeats, and asks again", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, open } = await startFollowing(t, log, { heartbeat: 20, heartbeatEvent: "beat" });
    const client = await open("e-4");
    for (let attempt = 1; attempt <= 3; attempt++) await log.answer(UNAVAILABLE);
    await client.until("event: beat\n");
    assert.equal(channel.statistics.historyFailures, 1);
    log.grow(6);
    await client.until(textOf("e", 5));
    assert.equal(client.body.replaceAll("event: beat\ndata: \n\n", ""), `:\n${textOf("e", 5)}`);
  });

  it("stops asking when the last of these clients has left", async (t) => {
    const log = scripted({ end: 3 });
    const { channel, open } = await startFollowing(t, log);
    const client = await open("e-4");
    await log.answer(UNAVAILABLE);
    client.socket.destroy();
    await until(() => channel.clientCount === 0);
    await new Promise((resolve) => void setTimeout(resolve, 150));
    assert.equal(log.refreshes, 1);
  });

  it("waits for an epoch that other processes have seen, and resumes in it", async (t) => {
    const log = scripted({ end: 3 });
    const { open } = await startFollowing(t, log);
    const [ahead, foreign] = [await open("f-2"), await open("old-7")];
    await until(() => log.refreshes === 1);
    assert.deepEqual([ahead.body, foreign.body], [":\n", ":\n"]);
    log.reset("f", 1, 4);
    log.answerAll();
    for (const client of [ahead, foreign]) await client.until(textOf("f", 3));
    assert.equal(ahead.body, `:\n${textOf("f", 3)}`);
    assert.equal(foreign.body, [":\n", gapText("f-0", "old-7", "epoch"), ...textsOf("f", 1, 3)].join(""));
  });

  it("moves a reader that was located just before a change of the epoch", async () => {
    const log = scripted({ end: 3 });
    const channel = new Channel({ log });
    const reader = channel.read({ lastEventId: "e-3" });
    const first = reader.next();
    log.grow(4);
    log.reset("f", 1, 9);
    assert.equal(Buffer.from((await first).value ?? []).toString(), gapText("f-0", "e-3", "epoch"));
    await reader.return();
  });

  it("lets readers wait in the same way", async () => {
    const log = scripted({ end: 3 });
    const channel = new Channel({ log });
    const collect = async (lastEventId: string): Promise<string> => {
      let text = "";
      for await (const bytes of channel.read({ lastEventId, until: "now" })) text += Buffer.from(bytes).toString();
      return text;
    };
    const [known, unknown] = [collect("e-3"), collect("e-9")];
    await until(() => log.refreshes === 1);
    log.grow(6);
    assert.equal(await known, textsOf("e", 4, 5).join(""));
    log.answerAll();
    assert.equal(await unknown, [gapText("e-0", "e-9", "unknown"), ...textsOf("e", 1, 5)].join(""));
    const stopped = new AbortController();
    const left = channel.read({ lastEventId: "e-9", signal: stopped.signal });
    const closed = channel.read({ lastEventId: "e-9" });
    const ends = [left.next(), closed.next()];
    stopped.abort();
    await channel.close();
    for (const end of ends) assert.equal((await end).done, true);
    const { refreshes } = log;
    assert.equal((await channel.read({ lastEventId: "e-9" }).next()).done, true);
    assert.equal(log.refreshes, refreshes, "a closed channel does not use the log");
  });
});

describe("Channel with a shared log: a store that does not answer reads", () => {
  it("lets clients and readers wait, without a gap", async (t) => {
    const log = scripted({ end: 3, readFailure: UNAVAILABLE });
    const { channel, open } = await startFollowing(t, log, { maxCatchUps: 1 });
    const clients = [await open("e-0"), await open("e-1")];
    const reader = channel.read({ lastEventId: "e-1" });
    const next = reader.next();
    await until(() => log.reads > 4);
    assert.deepEqual([clients.map(({ body }) => body), channel.statistics.historyFailures], [[":\n", ":\n"], 2]);
    log.grow(4);
    log.readFailure = undefined;
    for (const client of clients) await client.until(textOf("e", 3));
    assert.deepEqual(
      clients.map(({ body }) => body),
      [[":\n", ...textsOf("e", 1, 3)].join(""), [":\n", ...textsOf("e", 2, 3)].join("")],
    );
    assert.equal(Buffer.from((await next).value ?? []).toString(), textOf("e", 2));
    await reader.return();
    assert.deepEqual([channel.statistics.gaps, log.open.size], [0, 0]);
  });

  it("reports a gap when the events were removed meanwhile", async (t) => {
    const log = scripted({ end: 5, readFailure: UNAVAILABLE });
    const { channel, open } = await startFollowing(t, log);
    const client = await open("e-0");
    await until(() => log.reads > 1);
    Object.assign(log, { start: 4, readFailure: undefined });
    await client.until(textOf("e", 4));
    assert.equal(client.body, [":\n", gapText("e-3", "e-0", "evicted", 3), textOf("e", 4)].join(""));
    assert.equal(channel.statistics.gaps, 1);
  });

  it("ends readers of a channel that is closed", async () => {
    const log = scripted({ end: 3, readFailure: UNAVAILABLE });
    const channel = new Channel({ log });
    const next = channel.read({ lastEventId: "e-0" }).next();
    await until(() => log.reads > 0);
    await channel.close();
    assert.equal((await next).done, true);
    assert.equal(log.open.size, 0);
  });
});
