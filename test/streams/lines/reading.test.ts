import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { BuildLines } from "../../../dist/streams/lines/build-lines.js";
import { ID, closeLog, lineOf, logPath, writeLog } from "./logs.js";
import type { TestContext } from "node:test";
import type { FileHandle } from "node:fs/promises";

/** Counts the bytes that this process reads from files. */
async function countReads(t: TestContext): Promise<() => number> {
  const file = await open("/dev/null");
  const files = Object.getPrototypeOf(file) as FileHandle;
  await file.close();
  let bytes = 0;
  const read = files.read as (...args: unknown[]) => Promise<{ bytesRead: number }>;
  t.mock.method(files, "read", async function (this: FileHandle, ...args: unknown[]) {
    const result = await read.apply(this, args);
    bytes += result.bytesRead;
    return result;
  });
  return () => bytes;
}

describe("BuildLines: the bytes that it reads", () => {
  it("do not depend on the size of the log", { skip: process.platform === "win32" }, async (t) => {
    const read = await countReads(t);
    const most: number[] = [];
    for (const count of [10_000, 100_000]) {
      const path = await logPath(t);
      const texts = Array.from({ length: count }, (_, index) => `line ${index + 1} of a long log `.repeat(3));
      const { log } = await writeLog(texts.map((text, index) => lineOf(index + 1, text)), path);
      await closeLog(log);
      const channel = new Channel({ history: await FileHistory.openToRead(path, ID), backlog: "all" });
      channel.end();
      const lines = new BuildLines(channel, ID, log.index);
      let max = 0;
      for (let from = 1; from < count; from += Math.floor(count / 23)) {
        const before = read();
        const page = await lines.lines(from, 200);
        assert.equal(page.lines[0]?.text, texts[from - 1]);
        max = Math.max(max, read() - before);
      }
      most.push(max);
      await channel.close();
    }
    const [small = 0, large = 0] = most;
    // Each doubling of the size adds one small read to the search in the file.
    assert.ok(large < small + 5 * 16 * 1024 && large < 600_000, `${small} and ${large} bytes`);
  });

  it("are limited if a program redraws every line much later", async (t) => {
    const read = await countReads(t);
    const path = await logPath(t);
    const count = 3000;
    const first = Array.from({ length: count }, (_, index) => lineOf(index + 1, "open", { open: true }));
    // In another order, so that no two of them are near each other.
    const order = first.map(({ number }) => ((number * 1009) % count) + 1);
    const last = order.map((number) => lineOf(number, `line ${number} ${"x".repeat(500)}`));
    const { log } = await writeLog([...first, ...last], path);
    const lines = new BuildLines(log.channel, ID, log.index);
    const before = read();
    const page = await lines.lines(1, 1000);
    assert.ok(page.lines.length >= 100 && page.lines.length < 300, String(page.lines.length));
    assert.ok(page.lines.every(({ number, text }) => text.startsWith(`line ${number} `)));
    assert.ok(read() - before < 64 * 1024 * 1024, `${read() - before} bytes`);
    await closeLog(log);
  });
});
