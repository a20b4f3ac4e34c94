import assert from "node:assert/strict";
import { constants } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { EventClient } from "../support/http.js";
import { build, buildIn, dataFolder, start } from "../web/app.js";
import type { TestContext } from "node:test";

/** Records how each file below a folder is opened for writing, by the last part of its path without random digits. */
function recordWrites(t: TestContext, folder: string): Map<string, Set<string>> {
  const writes = new Map<string, Set<string>>();
  const note = (path: unknown, flags: unknown): void => {
    if (!String(path).startsWith(folder) || flags === "r") return;
    const bits = Number(flags);
    const isWrite = typeof flags === "string" || (bits & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    if (!isWrite) return;
    const isExclusive = flags === "wx" || (bits & constants.O_EXCL) !== 0;
    const followsNoLink = flags === "wx" || (bits & constants.O_NOFOLLOW) !== 0;
    const name = (String(path).split("/").at(-1) ?? "").replaceAll(/[0-9a-f]{16,}/g, "*");
    const known = writes.get(name) ?? new Set();
    writes.set(name, known.add(`exclusive ${isExclusive}, follows no link ${followsNoLink}`));
  };
  const { open, writeFile } = promises;
  t.after(() => (Object.assign(promises, { open, writeFile }), syncBuiltinESMExports()));
  promises.open = ((...args: Parameters<typeof open>) => (note(args[0], args[1]), open(...args))) as typeof open;
  promises.writeFile = ((...args: Parameters<typeof writeFile>) => {
    note(args[0], (args[2] as { flag?: string } | undefined)?.flag ?? "w");
    return writeFile(...args);
  }) as typeof writeFile;
  syncBuiltinESMExports();
  return writes;
}

describe("the files of the data folder", () => {
  it("are opened for writing so that a link leads nowhere, and drafts so that they are new", async (t) => {
    const data = dataFolder(t);
    const writes = recordWrites(t, data);
    const { port, stage, app } = await start(t, { data });
    const { id } = buildIn(await build(port, "project"));
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
    await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
    await app.close();
    const expected = ["*.json.*.new", "build.json.*.new", "events", "feed", "feed.*.new", "lock-*"];
    assert.deepEqual([...writes.keys()].sort(), expected);
    for (const [name, ways] of writes) {
      const isNew = name !== "feed";
      assert.deepEqual([...ways], [`exclusive ${isNew}, follows no link true`], name);
    }
  });
});
