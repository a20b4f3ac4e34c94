import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { TailcastError } from "../../../dist/error.js";
import { LogWriter } from "../../../dist/streams/shared/log-writer.js";
import { textOf } from "./memory-machines.js";

const LONG = 60_000;

/** The data of the events of a log. */
async function dataOf(log: MemoryLog): Promise<string[]> {
  return Array.from((await textOf(log)).matchAll(/^data: (.*)$/gm), ([, data = ""]) => data);
}

describe("LogWriter", () => {
  it("appends events in order, and publishes those of one turn together", async (t) => {
    const log = new MemoryLog();
    const turns: number[] = [];
    let turn = 0;
    const publish = log.publish.bind(log);
    log.publish = async (event) => {
      turns.push(turn);
      return publish(event);
    };
    const writer = new LogWriter(async () => log, LONG);
    t.after(() => writer.close());
    const count = (): void => void (turn++, setImmediate(count).unref());
    count();
    for (let number = 0; number < 100; number++) writer.add({ data: String(number) });
    assert.equal(turns.length, 0);
    await writer.stored();
    assert.deepEqual(await dataOf(log), Array.from({ length: 100 }, (_, number) => String(number)));
    assert.equal(new Set(turns).size, 1);
    assert.equal(writer.unstoredBytes, 0);
  });

  it("keeps events while the store does not answer, and reports when there is room", async (t) => {
    const log = new MemoryLog();
    const writer = new LogWriter(async () => log, LONG);
    t.after(() => writer.close());
    log.interrupt();
    for (const data of ["a", "b", "c"]) writer.add({ data });
    let isStored = false;
    const stored = writer.stored(150).then(() => (isStored = true));
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(isStored, false);
    writer.add({ data: "d" });
    log.restore();
    await stored;
    await writer.stored();
    assert.deepEqual(await dataOf(log), ["a", "b", "c", "d"]);
  });

  it("tries to open the log until the store answers", async (t) => {
    const log = new MemoryLog();
    let attempts = 0;
    const open = async (): Promise<MemoryLog> => {
      if (++attempts < 3) throw new TailcastError("LOG_UNAVAILABLE", "no answer");
      return log;
    };
    const writer = new LogWriter(open, LONG);
    t.after(() => writer.close());
    writer.add({ data: "a" });
    await writer.stored();
    assert.deepEqual([attempts, await dataOf(log)], [3, ["a"]]);
  });

  it("publishes an event of unknown fate again, with those after it, so that none is missing", async (t) => {
    const log = new MemoryLog();
    const publish = log.publish.bind(log);
    let calls = 0;
    log.publish = async (event) => {
      const id = await publish(event);
      // The second event is stored, but the reply is lost.
      if (++calls === 2) throw new TailcastError("LOG_TIMEOUT", "no answer in time");
      return id;
    };
    const writer = new LogWriter(async () => log, LONG);
    t.after(() => writer.close());
    for (const data of ["a", "b", "c"]) writer.add({ data });
    await writer.stored();
    assert.deepEqual(await dataOf(log), ["a", "b", "c", "b", "c"]);
  });

  it("fails when the store does not answer for longer than its patience, and accepts nothing afterwards", async (t) => {
    const log = new MemoryLog();
    const writer = new LogWriter(async () => log, 60);
    t.after(() => writer.close());
    log.interrupt();
    writer.add({ data: "a" });
    await assert.rejects(writer.stored(), { code: "LOG_UNAVAILABLE" });
    log.restore();
    writer.add({ data: "b" });
    assert.equal(writer.unstoredBytes, 0);
    await assert.rejects(writer.complete(), { code: "LOG_UNAVAILABLE" });
    assert.deepEqual(await dataOf(log), []);
  });

  it("fails at once when another process has completed the log", async (t) => {
    const log = new MemoryLog();
    const writer = new LogWriter(async () => log.fork(), LONG);
    t.after(() => writer.close());
    await log.complete();
    writer.add({ data: "a" });
    await assert.rejects(writer.stored(), { code: "CHANNEL_CLOSED" });
  });

  it("notices at a check that another process has completed the log, and not that it has done so itself", async (t) => {
    const log = new MemoryLog();
    let failures = 0;
    const [other, own] = [1, 2].map(() => new LogWriter(async () => log.fork(), LONG, () => void failures++));
    t.after(() => Promise.all([other?.close(), own?.close()]));
    for (const writer of [other, own]) {
      writer?.add({ data: "a" });
      await writer?.stored();
      await writer?.check();
    }
    assert.equal(failures, 0);
    await own?.complete();
    await Promise.all([own?.check(), other?.check()]);
    assert.equal(failures, 1);
    assert.equal((other?.failure as { code?: string }).code, "CHANNEL_CLOSED");
    assert.equal(own?.failure, undefined);
  });

  it("completes the log after its events", async (t) => {
    const log = new MemoryLog();
    const writer = new LogWriter(async () => log.fork(), LONG);
    t.after(() => writer.close());
    writer.add({ data: "a" });
    await writer.complete();
    await log.refresh();
    assert.deepEqual([log.isComplete, await dataOf(log)], [true, ["a"]]);
  });

  it("leaves the log incomplete when it is closed before all events are stored", async () => {
    const log = new MemoryLog();
    const publish = log.publish.bind(log);
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const asked = new Promise<void>((resolve) => {
      log.publish = async (event) => {
        resolve();
        await answered;
        return publish(event);
      };
    });
    const writer = new LogWriter(async () => log, LONG);
    // More than one batch.
    for (let number = 0; number < 600; number++) writer.add({ data: String(number) });
    const completed = assert.rejects(writer.complete(), /the writer was closed/);
    await asked;
    const closed = writer.close();
    answer();
    await Promise.all([closed, completed]);
    const other = log.fork();
    assert.deepEqual([other.end, other.isComplete], [501, false]);
  });

  it("gives up at its end, even while the store does not answer", async () => {
    const log = new MemoryLog();
    log.interrupt();
    const writer = new LogWriter(async () => log, LONG);
    writer.add({ data: "a" });
    const stored = assert.rejects(writer.stored(), /the writer was closed/);
    await writer.close();
    await stored;
  });
});
