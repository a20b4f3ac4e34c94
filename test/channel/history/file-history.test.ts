import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import promises, { mkdtemp, readFile, rename, rm, stat, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { Channel } from "../../../dist/channel/channel.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { encodeEvent } from "../../../dist/protocol/encode.js";
import type { TestContext } from "node:test";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tailcast-history-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** The wire text of the event `sequence`. */
function event(sequence: number, data = `line ${sequence}`): string {
  return encodeEvent({ event: "line", id: `e-${sequence}`, data });
}

async function open(t: TestContext, path: string): Promise<FileHistory> {
  const history = await FileHistory.open(path, "e");
  // The folder is gone by then, of which the history may complain.
  t.after(() => history.close().catch(() => undefined));
  return history;
}

/** The text of everything from `sequence` on. */
async function readFrom(history: FileHistory, sequence: number): Promise<string> {
  const reader = history.read(sequence);
  let text = "";
  for (let next = sequence; next < history.end;) {
    const piece = await reader.next();
    assert.ok(piece.next > next);
    next = piece.next;
    text += piece.bytes.toString();
  }
  reader.close();
  return text;
}

describe("FileHistory", () => {
  it("refuses a name that is not an epoch, as a channel does, and accepts two UUIDs", async (t) => {
    const path = join(await folder(t), "log");
    const code = "INVALID_OPTION";
    for (const epoch of ["", "a b", "é", "x".repeat(129), undefined as never]) {
      assert.throws(() => FileHistory.create(path, epoch), { code });
      await assert.rejects(FileHistory.open(path, epoch), { code });
      await assert.rejects(FileHistory.openToRead(path, epoch), { code });
    }
    const epoch = `${crypto.randomUUID()}-${crypto.randomUUID()}`;
    await using history = await FileHistory.open(path, epoch);
    assert.equal(new Channel({ history }).publish("a"), `${epoch}-1`);
  });

  it("is closed at the end of its scope, with everything on the disk", async (t) => {
    const path = join(await folder(t), "log");
    let outer: FileHistory | undefined;
    {
      await using history = await FileHistory.open(path, "e");
      await history.append([Buffer.from(event(1))], 2);
      outer = history;
    }
    await assert.rejects(outer.append([Buffer.from(event(2))], 3), { code: "CHANNEL_CLOSED" });
    await outer.close();
    assert.equal(await readFrom(outer, 1), event(1), "it can still be read");
  });

  it("fails at once below a folder that cannot be created", async () => {
    const path = "/proc/tailcast/x/log";
    await assert.rejects(FileHistory.open(path, "e"), { code: "ENOENT" });
    const history = FileHistory.create(path, "e");
    await assert.rejects(history.append([Buffer.from(event(1))], 2), { code: "ENOENT" });
    await history.close();
  });

  it("fails to append when its file was deleted, moved, replaced or cut short", async (t) => {
    const path = join(await folder(t), "log");
    const harms: [harm: string, () => Promise<unknown>][] = [
      ["deleted", () => rm(path)],
      ["deleted", () => rename(path, `${path}.1`)],
      ["replaced", () => writeFile(`${path}.2`, event(1) + event(2)).then(() => rename(`${path}.2`, path))],
      ["cut short", () => truncate(path)],
    ];
    for (const before of [0, 1]) {
      for (const [harm, act] of harms) {
        if (before === 0 && harm === "cut short") continue;
        const history = await FileHistory.open(path, "e");
        const channel = new Channel({ history });
        for (let index = 0; index < before; index++) channel.publish("before");
        await channel.flushed();
        await act();
        channel.publish("lost");
        await assert.rejects(channel.flushed(), { message: `the file of the log was ${harm}` });
        assert.equal(channel.statistics.historyFailures, 1);
        await rm(path, { force: true });
        await channel.close();
        assert.equal(channel.statistics.historyFailures, 1 + before);
      }
    }
  });

  it("reports at its close that its file was deleted after the last event", async (t) => {
    const path = join(await folder(t), "log");
    const history = await FileHistory.open(path, "e");
    const channel = new Channel({ history });
    channel.publish("lost");
    await channel.flushed();
    await rm(path);
    await channel.close();
    assert.equal(channel.statistics.historyFailures, 1);
    await assert.rejects(history.append([Buffer.from(event(2))], 3), { code: "CHANNEL_CLOSED" });
  });

  it("stores events while it syncs, and does not report its file as cut short", async (t) => {
    const path = join(await folder(t), "log");
    const history = await open(t, path);
    await history.append([Buffer.from(event(1))], 2);
    const { lstat } = promises;
    t.after(() => {
      promises.lstat = lstat;
      syncBuiltinESMExports();
    });
    // The file is measured before the second event, and the size is compared after it.
    promises.lstat = (async (...args: Parameters<typeof lstat>) => {
      const measured = await lstat(...args);
      promises.lstat = lstat;
      syncBuiltinESMExports();
      await history.append([Buffer.from(event(2))], 3);
      return measured;
    }) as typeof lstat;
    syncBuiltinESMExports();
    await history.sync();
    assert.equal(await readFrom(history, 1), event(1) + event(2));
  });

  it("does not report a deleted file as stored", async (t) => {
    const path = join(await folder(t), "log");
    const history = FileHistory.create(path, "e");
    await history.append([Buffer.from("id: e-1\ndata: a\n\n")], 2);
    await rm(path);
    await assert.rejects(history.sync(), { message: "the file of the log was deleted" });
    await assert.rejects(history.close(), { message: "the file of the log was deleted" });
  });

  it("holds the very bytes that were appended, for its owner alone, and continues where it stopped", async (t) => {
    const path = join(await folder(t), "log");
    const first = await open(t, path);
    assert.deepEqual([first.end, first.size], [1, 0]);
    await first.append([Buffer.from(event(1)), Buffer.from(event(2))], 3);
    await first.sync();
    await first.close();
    const second = await open(t, path);
    assert.equal(second.end, 3);
    await second.append([Buffer.from(event(3))], 4);
    assert.equal(await readFile(path, "utf8"), event(1) + event(2) + event(3));
    assert.equal(second.size, (event(1) + event(2) + event(3)).length);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await readFrom(second, 2), event(2) + event(3));
    await second.close();
    await assert.rejects(second.append([Buffer.from(event(4))], 5), { code: "CHANNEL_CLOSED" });
  });

  it("cuts off a torn last event, wherever it was torn", async (t) => {
    const path = join(await folder(t), "log");
    const events = [event(1), event(2, "two\n\nlines"), encodeEvent({ retry: 5, id: "e-3", data: "é€😀" })];
    const bytes = Buffer.from(events.join(""));
    const ends = events.map((_, index) => Buffer.byteLength(events.slice(0, index + 1).join("")));
    for (let length = 0; length <= bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const history = await FileHistory.open(path, "e");
      const whole = ends.filter((end) => end <= length);
      assert.deepEqual([history.end, history.size], [whole.length + 1, whole.at(-1) ?? 0], `cut at ${length}`);
      assert.equal((await stat(path)).size, history.size);
      await history.close();
    }
  });

  for (const [what, content] of [
    ["another log", encodeEvent({ id: "f-1", data: "x" })],
    ["the beginning of another log", "event: line\nid: f-1\nda"],
    ["events without ids", encodeEvent({ data: "x" })],
    ["something else", "A letter to my aunt, which must not be lost."],
    ["something else with a blank line", "Dear aunt,\n\nI write"],
  ]) {
    it(`refuses a file that holds ${what}, and leaves it alone`, async (t) => {
      const path = join(await folder(t), "log");
      await writeFile(path, String(content));
      await assert.rejects(FileHistory.open(path, "e"), { code: "INVALID_HISTORY" });
      assert.equal(await readFile(path, "utf8"), content);
    });
  }

  it("opens no log through a symbolic link, and writes nothing to its target", async (t) => {
    const directory = await folder(t);
    const [path, target] = [join(directory, "log"), join(directory, "target")];
    const message = `Cannot open ${path}: it is a symbolic link`;
    for (const content of [undefined, event(1)]) {
      if (content !== undefined) await writeFile(target, content);
      await symlink(target, path);
      await assert.rejects(FileHistory.open(path, "e"), { code: "INVALID_HISTORY", message });
      await assert.rejects(FileHistory.openToRead(path, "e"), { code: "INVALID_HISTORY", message });
      assert.equal(await readFile(target, "utf8").catch(() => undefined), content);
      await unlink(path);
    }
  });

  it("opens no log that is a named pipe", async (t) => {
    const path = join(await folder(t), "events");
    execFileSync("mkfifo", [path]);
    const refusal = { code: "INVALID_HISTORY", message: `Cannot open ${path}: it is not a regular file` };
    await assert.rejects(FileHistory.openToRead(path, "a"), refusal);
    await assert.rejects(FileHistory.open(path, "a"), refusal);
  });

  it("reads no log through a symbolic link that has replaced it", async (t) => {
    const directory = await folder(t);
    const path = join(directory, "log");
    const history = await open(t, path);
    await history.append([Buffer.from(event(1))], 2);
    await rename(path, join(directory, "target"));
    await symlink(join(directory, "target"), path);
    await assert.rejects(readFrom(history, 1), { code: "ELOOP" });
  });

  it("ignores an id that is part of another event's data", async (t) => {
    const path = join(await folder(t), "log");
    // For one of these shifts, a read from the end starts right at a text that looks like an id.
    for (let shift = 0; shift < 20; shift++) {
      await writeFile(path, event(1, `${"id: e-7000\n".repeat(3000)}${"x".repeat(shift)}`));
      const history = await FileHistory.open(path, "e");
      assert.equal(history.end, 2);
      await history.close();
      assert.equal((await FileHistory.openToRead(path, "e")).end, 2);
    }
  });

  it("opens a complete log only to read it, and leaves a torn event alone", async (t) => {
    const path = join(await folder(t), "log");
    await writeFile(path, `${event(1)}${event(2)}event: li`);
    const history = await FileHistory.openToRead(path, "e");
    assert.equal(await readFrom(history, 1), event(1) + event(2));
    await assert.rejects(history.append([Buffer.from(event(3))], 4), { code: "CHANNEL_CLOSED" });
    assert.equal(await readFile(path, "utf8"), `${event(1)}${event(2)}event: li`);
    await assert.rejects(FileHistory.openToRead(path, "f"), { code: "INVALID_HISTORY" });
    await assert.rejects(FileHistory.openToRead(`${path}-not`, "e"), { code: "ENOENT" });
  });

  it("finds every event, among small ones and ones that are larger than a look", async (t) => {
    const history = await open(t, join(await folder(t), "log"));
    const sizes = [0, 1, 100, 16_000, 16_384, 20_000, 5, 70_000, 3, 150_000, 10];
    const events = Array.from({ length: 400 }, (_, index) => {
      const size = index % 10 === 0 ? (sizes[(index / 10) % sizes.length] ?? 0) : index % 37;
      return event(index + 1, "x".repeat(size) + (index % 7 === 0 ? "\n\nid: e-9\n" : ""));
    });
    await history.append([Buffer.from(events.join(""))], 401);
    for (let sequence = 1; sequence <= 400; sequence++) {
      const reader = history.read(sequence);
      const { bytes } = await reader.next();
      assert.ok(bytes.toString().startsWith(event(sequence).slice(0, 20)), `event ${sequence}`);
      assert.ok(bytes.subarray(-2).equals(Buffer.from("\n\n")), "whole events");
      reader.close();
    }
    assert.equal(await readFrom(history, 1), events.join(""));
    assert.equal(await readFrom(history, 250), events.slice(249).join(""));
  });

  it("continues to read while it grows, in pieces", async (t) => {
    const history = await open(t, join(await folder(t), "log"));
    const add = (from: number, to: number): Promise<void> => {
      const text = Array.from({ length: to - from + 1 }, (_, index) => event(from + index)).join("");
      return history.append([Buffer.from(text)], to + 1);
    };
    await add(1, 10_000);
    const reader = history.read(9990);
    const piece = await reader.next();
    assert.equal(piece.next, 10_001);
    await add(10_001, 10_002);
    assert.equal((await reader.next()).bytes.toString(), event(10_001) + event(10_002));
    reader.close();
    const fromStart = history.read(1);
    assert.ok((await fromStart.next()).bytes.length <= 64 * 1024);
    fromStart.close();
  });

  it("gives the same pieces to readers at the same place, wherever they started", async (t) => {
    const history = await open(t, join(await folder(t), "log"));
    const events = Array.from({ length: 10_000 }, (_, index) => event(index + 1, "x".repeat(40)));
    await history.append([Buffer.from(events.join(""))], 10_001);
    const readers = [1, 1, 2, 200, 700, 1500].map((sequence) => ({ next: sequence, reader: history.read(sequence) }));
    const pieces = new Map<number, unknown>();
    let shared = 0;
    // The reader that is furthest behind reads first, as clients do that all receive as much in a turn.
    for (let round = 0; round < 60; round++) {
      const last = readers.reduce((a, b) => (b.next < a.next ? b : a));
      const piece = await last.reader.next();
      if (pieces.get(last.next) === piece) shared++;
      pieces.set(last.next, piece);
      assert.ok(piece.bytes.length <= 96 * 1024);
      assert.ok(piece.bytes.toString().startsWith(event(last.next, "x".repeat(40))));
      last.next = piece.next;
    }
    assert.equal(shared, 60 - pieces.size);
    // Eleven in all, and the first pieces of readers that did not start at the beginning.
    assert.ok(pieces.size <= 16, `${pieces.size} pieces`);
    for (const { reader } of readers) reader.close();
  });

  it("reports that it cannot read", async (t) => {
    const path = join(await folder(t), "log");
    const history = await open(t, path);
    await history.append([Buffer.from(event(1))], 2);
    const read = async (sequence: number): Promise<void> => {
      const reader = history.read(sequence);
      await reader.next().finally(() => reader.close());
    };
    await assert.rejects(read(2), /no event 2/);
    await writeFile(path, "");
    await assert.rejects(read(1), /shorter/);
    await rm(path);
    await assert.rejects(read(1), { code: "ENOENT" });
  });

  it("removes the bytes of a failed write, and can store the events again", async (t) => {
    const path = join(await folder(t), "log");
    const module = new URL("../../../dist/channel/history/file-history.js", import.meta.url).href;
    const script = `
      import { FileHistory } from ${JSON.stringify(module)};
      const history = await FileHistory.open(${JSON.stringify(path)}, "e");
      await history.append([Buffer.from(${JSON.stringify(event(1))})], 2);
      const large = Buffer.from("id: e-2\\ndata: " + "x".repeat(10_000) + "\\n\\n");
      const error = await history.append([large], 3).catch((error) => error);
      console.log(error.code, history.end, history.size);
      await history.append([Buffer.from(${JSON.stringify(event(2))})], 3);`;
    // No file of the child may exceed 4 KiB: the large write stops in the middle.
    const limited = ["-c", 'ulimit -f 8; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", script];
    const { stdout } = await promisify(execFile)("sh", limited);
    assert.equal(stdout, `EFBIG 2 ${event(1).length}\n`);
    assert.equal(await readFile(path, "utf8"), event(1) + event(2));
  });
});
