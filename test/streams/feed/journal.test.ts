import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstat, readFile, rename, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FeedJournal } from "../../../dist/streams/feed/journal.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { FeedRange } from "../../../dist/streams/feed/ranges.js";

const A = "0mwsa477kj5bo0ek";
const B = "0mwsa47c01zx9yq2";

const none = new Map<string, number>();
/** All that the feed has is in the logs, and no more. */
const logsOf = (journal: FeedJournal): Map<string, number> => new Map(journal.ranges.builds);
const ranges = (journal: FeedJournal): string[] =>
  journal.ranges.from(journal.ranges.forgotten).map(({ buildId, first, count, start, isShared }: FeedRange) => {
    return `${start}: ${buildId === A ? "A" : "B"} ${first}+${count}${isShared ? "*" : ""}`;
  });

/** Opens the journal of a process that can be killed: a test does not close it before its end. */
async function openJournal(t: TestContext, path: string, logs: Map<string, number>): Promise<FeedJournal> {
  const journal = await FeedJournal.open(path, logs);
  t.after(() => journal.close());
  return journal;
}

describe("FeedJournal", () => {
  it("is the same after a restart, after a close or a kill at any moment", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, none);
    assert.equal(first.end, 1);
    await first.add([
      { buildId: A, first: 1, count: 2 },
      { buildId: B, first: 1, count: 1 },
    ]);
    await first.add([{ buildId: B, first: 2, count: 3 }]);
    await first.add([{ buildId: A, first: 3, count: 1 }]);
    const expected = ["1: A 1+2", "3: B 1+4", "7: A 3+1"];
    assert.deepEqual([ranges(first), first.end], [expected, 8]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);

    const second = await openJournal(t, path, logsOf(first));
    assert.deepEqual([second.epoch, ranges(second), second.end], [first.epoch, expected, 8]);
    await second.add([{ buildId: A, first: 4, count: 1 }]);
    await Promise.all([second.close(), second.close()]);
    const logs = logsOf(second);
    const third = await openJournal(t, path, logs);
    assert.deepEqual([third.epoch, ranges(third), third.end], [first.epoch, ["1: A 1+2", "3: B 1+4", "7: A 3+2"], 9]);
    // While it wrote a range for the first time.
    await third.add([{ buildId: B, first: 5, count: 1 }]);
    const { size } = await stat(path);
    for (let cut = 1; cut <= 49; cut++) {
      await truncate(path, size - cut);
      const torn = await openJournal(t, path, logs);
      assert.deepEqual([torn.epoch, torn.end], [first.epoch, 9]);
      await torn.add([{ buildId: B, first: 5, count: 1 }]);
    }
  });

  it("starts a new feed instead of reading through a link, and replaces the link", async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, "feed");
    const first = await openJournal(t, path, none);
    await first.add([{ buildId: A, first: 1, count: 2 }]);
    const content = await readFile(path, "latin1");
    await rename(path, join(folder, "elsewhere"));
    await symlink(join(folder, "elsewhere"), path);
    const second = await openJournal(t, path, logsOf(first));
    assert.notEqual(second.epoch, first.epoch);
    assert.ok((await lstat(path)).isFile());
    assert.equal(await readFile(join(folder, "elsewhere"), "latin1"), content);
  });

  it("replaces a named pipe, and does not wait for its writer", async (t) => {
    const path = join(await makeFolder(t), "feed");
    execFileSync("mkfifo", [path]);
    await openJournal(t, path, none);
    assert.ok((await lstat(path)).isFile());
  });

  it("starts a new feed after a power cut, and when the file is not a journal", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, none);
    await first.add([{ buildId: A, first: 1, count: 2 }]);
    const logs = logsOf(first);
    const content = await readFile(path, "latin1");
    const bootId = /"bootId":"([^"]+)"/.exec(content)?.[1] ?? "";
    const contents = [
      content.replace(bootId, "another boot"),
      "",
      "{}\n",
      "not JSON\n",
      content.replace(A, "../../etc/passwd"),
      content.replace(/"start":1/, '"start":null'),
      content.replace(/"start":1/, '"start":-5'),
      content.replace(/"start":1/, `"start":${Number.MAX_SAFE_INTEGER}`),
      content.replace(first.epoch, "not an epoch"),
      content.replace(`"${bootId}"`, "null").slice(0, -10),
    ];
    for (const text of contents) {
      await writeFile(path, text);
      const next = await openJournal(t, path, logs);
      assert.notEqual(next.epoch, first.epoch, text);
      // It begins after all that is in the logs.
      assert.deepEqual([ranges(next), next.end, next.ranges.reached(A)], [[], 1, 2]);
    }
    // A log that has less than the feed.
    await writeFile(path, content);
    assert.notEqual((await openJournal(t, path, new Map([[A, 1]]))).epoch, first.epoch);
    // Closed, it outlives the machine's boot.
    await writeFile(path, content.replace(`"${bootId}"`, "null"));
    assert.equal((await openJournal(t, path, logs)).epoch, first.epoch);
  });

  it("has all events of the logs after its process was killed", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, new Map([[A, 4]]));
    assert.deepEqual([first.end, first.ranges.reached(A)], [1, 4]);
    await first.add([{ buildId: A, first: 5, count: 1 }]);
    const second = await openJournal(
      t,
      path,
      new Map([
        [A, 7],
        [B, 3],
      ]),
    );
    const expected = ["1: A 5+1", "2: A 6+2*", "4: B 1+3*"];
    assert.deepEqual([second.epoch, ranges(second), second.end], [first.epoch, expected, 7]);
  });

  it("knows for each event whether more than one build was running", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, none);
    await first.add([
      { buildId: A, first: 1, count: 2 },
      { buildId: A, first: 3, count: 1, isShared: true },
      { buildId: B, first: 1, count: 1, isShared: true },
    ]);
    await first.add([{ buildId: B, first: 2, count: 3, isShared: true }]);
    await first.add([{ buildId: A, first: 4, count: 1 }]);
    const expected = ["1: A 1+2", "3: A 3+1*", "4: B 1+4*", "8: A 4+1"];
    assert.deepEqual(ranges(first), expected);
    const second = await openJournal(t, path, logsOf(first));
    assert.deepEqual([second.epoch, ranges(second)], [first.epoch, expected]);
    // The file of an earlier version has no marks, and its feed named no build.
    await writeFile(path, (await readFile(path, "latin1")).replaceAll("*", " "));
    const third = await openJournal(t, path, logsOf(first));
    assert.deepEqual([third.epoch, third.end], [first.epoch, first.end]);
    assert.deepEqual(ranges(third), ["1: A 1+3", "4: B 1+4", "8: A 4+1"]);
  });

  it("marks the events that a killed process has not counted, if more than one build was running", async (t) => {
    const running = [A, "running"] as const;
    for (const [others, mark] of [
      [[[B, "running"]], "*"],
      [[[B, "queued"]], ""],
      [[], ""],
    ] as const) {
      const path = join(await makeFolder(t), "feed");
      const first = await openJournal(t, path, none);
      await first.add([{ buildId: B, first: 1, count: 2 }]);
      await first.add([{ buildId: A, first: 1, count: 1 }]);
      const next = await FeedJournal.open(path, new Map(logsOf(first)).set(A, 3), new Map([running, ...others]));
      t.after(() => next.close());
      const rest = mark === "" ? ["3: A 1+3"] : ["3: A 1+1", "4: A 2+2*"];
      assert.deepEqual(ranges(next), ["1: B 1+2", ...rest]);
    }
  });

  it("keeps its ranges of a log that cannot be read now", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, none);
    await first.add([{ buildId: A, first: 1, count: 2 }]);
    const second = await openJournal(t, path, new Map([[A, Infinity]]));
    assert.deepEqual([second.epoch, ranges(second), second.end], [first.epoch, ["1: A 1+2"], 3]);
  });

  it("stays correct when ranges are removed while the file is written", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const journal = await openJournal(t, path, none);
    const ids = Array.from({ length: 70_000 }, (_, index) => String(index).padStart(16, "0"));
    for (const buildId of ids) journal.ranges.add(buildId, 1, 1);
    journal.ranges.forgetOldest(66_000);
    const rewriting = journal.add([{ buildId: A, first: 1, count: 1 }]);
    journal.ranges.forget(ids[66_010] ?? "");
    await rewriting;
    await journal.add([{ buildId: B, first: 1, count: 1 }]);
    await journal.add([{ buildId: A, first: 2, count: 1 }]);
    const next = await openJournal(t, path, logsOf(journal));
    assert.deepEqual([next.epoch, next.end], [journal.epoch, journal.end]);
    assert.deepEqual(ranges(next).slice(-journal.ranges.length), ranges(journal));
  });

  it("removes builds whose logs are gone", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const first = await openJournal(t, path, none);
    await first.add([
      { buildId: A, first: 1, count: 2 },
      { buildId: B, first: 1, count: 1 },
    ]);
    first.ranges.forget(A);
    await first.add([{ buildId: B, first: 2, count: 1 }]);
    assert.deepEqual(ranges(first), ["3: B 1+2"]);
    const second = await openJournal(t, path, new Map([[B, 2]]));
    assert.deepEqual([second.epoch, ranges(second), second.end], [first.epoch, ["3: B 1+2"], 5]);
    second.ranges.forget(B);
    await second.add([{ buildId: A, first: 3, count: 1 }]);
    await second.add([{ buildId: A, first: 4, count: 1 }]);
    await second.close();
    assert.deepEqual(ranges(await openJournal(t, path, new Map([[A, 4]]))), ["5: A 3+2"]);
  });

  it("keeps a limited number of ranges, and still knows how far each build is", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const journal = await openJournal(t, path, none);
    await journal.add([{ buildId: A, first: 1, count: 7 }]);
    const limit = 65_536;
    for (let round = 0; round < 5; round++) {
      const additions = Array.from({ length: limit / 4 }, (_, index) => {
        return { buildId: B, first: (round * limit + index) * 2 + 1, count: 1 };
      });
      await journal.add(additions);
    }
    assert.ok(journal.ranges.length <= limit);
    const { size } = await stat(path);
    assert.ok(size < 2.5 * limit * 49, `${size} bytes`);
    const next = await openJournal(t, path, logsOf(journal));
    assert.equal(next.end, journal.end);
    assert.deepEqual([next.ranges.reached(A), next.ranges.reached(B)], [7, journal.ranges.reached(B)]);
    // The file still had some that were forgotten.
    assert.deepEqual(ranges(next).slice(-journal.ranges.length), ranges(journal));
    assert.ok((await stat(path)).size < size + 100);
    for (let round = 0; round < 5; round++) {
      const additions = Array.from({ length: limit / 4 }, (_, index) => {
        return { buildId: B, first: ((round + 5) * limit + index) * 2 + 1, count: 1 };
      });
      await next.add(additions);
    }
    assert.ok((await stat(path)).size < 2.5 * limit * 49);
    assert.deepEqual(ranges(await openJournal(t, path, logsOf(next))).slice(-next.ranges.length), ranges(next));
  });

  it("leaves no wrong file behind when it cannot be stored", async (t) => {
    const path = join(await makeFolder(t), "feed");
    const journal = await openJournal(t, path, none);
    await journal.add([{ buildId: A, first: 1, count: 1 }]);
    // The effect of a full disk, in the only place where a test can cause it.
    Object.defineProperty(journal.ranges, "from", {
      value: () => {
        throw new Error("no space left on device");
      },
    });
    await journal.add([{ buildId: A, first: 2, count: 1 }]);
    assert.deepEqual([journal.end, journal.ranges.reached(A)], [3, 2]);
    await assert.rejects(stat(path), { code: "ENOENT" });
    await journal.add([{ buildId: A, first: 3, count: 1 }]);
    await journal.close();
    await assert.rejects(stat(path), { code: "ENOENT" });
    await rm(path, { force: true });
    assert.notEqual((await openJournal(t, path, none)).epoch, journal.epoch);
  });
});
