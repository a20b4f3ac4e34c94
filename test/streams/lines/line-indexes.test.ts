import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { BuildLines } from "../../../dist/streams/lines/build-lines.js";
import { LineIndexes } from "../../../dist/streams/lines/line-indexes.js";
import { ID, closeLog, lineOf, logPath, writeLog } from "./logs.js";
import type { TestContext } from "node:test";
import type { CompleteLog } from "../../../dist/streams/lines/line-indexes.js";

/** The files of indexes, in memory. */
class Files {
  content: string | undefined;
  reads = 0;
  writes = 0;

  readIndex(): Promise<string | undefined> {
    this.reads++;
    return Promise.resolve(this.content);
  }

  saveIndex(_: string, index: string): Promise<void> {
    this.writes++;
    this.content = index;
    return Promise.resolve();
  }
}

/** A log that has ended, of more than 1 MiB. */
async function completeLog(t: TestContext, count = 12_000): Promise<CompleteLog & { readonly lines: string[] }> {
  const path = await logPath(t);
  const lines = Array.from({ length: count }, (_, index) => `line ${index + 1}`);
  const { log } = await writeLog(lines.map((text, index) => lineOf(index + 1, text)), path);
  await closeLog(log);
  const history = await FileHistory.openToRead(path, ID);
  const channel = new Channel({ history, backlog: "all" });
  channel.end();
  return { channel, end: history.end, bytes: history.size, lines };
}

describe("LineIndexes", () => {
  it("makes the index of a large log once, and stores it", async (t) => {
    const log = await completeLog(t);
    const files = new Files();
    const indexes = new LineIndexes(files);
    const [index, same] = await Promise.all([indexes.of(ID, log), indexes.of(ID, log)]);
    assert.equal(index, same);
    assert.equal(await indexes.of(ID, log), index);
    assert.deepEqual([files.reads, files.writes], [1, 1]);
    const page = await new BuildLines(log.channel, ID, index).lines(11_900, 1000);
    assert.deepEqual(page.lines.map(({ text }) => text), log.lines.slice(11_899));

    // The next process reads it.
    const read = await new LineIndexes(files).of(ID, log);
    assert.deepEqual([read.locate(1, 12_000), read.end, files.writes], [index.locate(1, 12_000), log.end, 1]);
    await log.channel.close();
  });

  it("makes an index again that is damaged or older than the log", async (t) => {
    const log = await completeLog(t);
    const files = new Files();
    const index = await new LineIndexes(files).of(ID, log);
    const stored = String(files.content);
    for (const damaged of [stored.replace("12000", "12001"), stored.slice(0, 50), ""]) {
      files.content = damaged;
      assert.deepEqual((await new LineIndexes(files).of(ID, log)).blocks, index.blocks);
      assert.equal(files.content, stored);
    }
    await log.channel.close();
  });

  it("does not store the index of a small log", async (t) => {
    const log = await completeLog(t, 100);
    const files = new Files();
    assert.equal((await new LineIndexes(files).of(ID, log)).lineCount, 100);
    assert.deepEqual([files.reads, files.writes], [0, 0]);
    await log.channel.close();
  });

  it("stops when it is closed", async (t) => {
    const log = await completeLog(t);
    const files = new Files();
    const indexes = new LineIndexes(files);
    const made = indexes.of(ID, log);
    indexes.close();
    await assert.rejects(made, { code: "SHUTTING_DOWN" });
    assert.equal(files.writes, 0);
    await log.channel.close();
  });
});
