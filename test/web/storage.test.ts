import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openStorage } from "../../dist/web/storage.js";
import { makeFolder } from "../support/folders.js";

describe("openStorage", () => {
  it("closes the folder when the feed cannot be opened, so that the next attempt can open it", async (t) => {
    const folder = await makeFolder(t, { "feed/": "" });
    await assert.rejects(openStorage(folder));
    await rm(join(folder, "feed"), { recursive: true });
    const { store, journal } = await openStorage(folder);
    await journal.close();
    await store.close();
  });
});
