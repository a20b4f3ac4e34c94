import assert from "node:assert/strict";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InstallLedger } from "../../../dist/runner/install/install-ledger.js";
import { makeFolder } from "../../support/folders.js";
import type { InstallEntry } from "../../../dist/runner/install/install-ledger.js";

const PIN = { path: "/srv/shop", device: "1", inode: "2" };
const ENTRY: InstallEntry = {
  pin: PIN,
  time: "2026-01-01T00:00:00.000Z",
  unfinished: null,
  stamp: {
    inputs: { "package.json": "x" },
    tree: { packages: { "node_modules/a": "y" }, names: { node_modules: "z" }, generated: [] },
  },
};

describe("InstallLedger", () => {
  for (const kind of ["in memory", "in a folder"]) {
    const open = async (folder: string) => (kind === "in memory" ? new InstallLedger() : InstallLedger.open(folder));

    it(`${kind} returns the last entry of a directory`, async (t) => {
      const ledger = await open(join(await makeFolder(t), "installs"));
      assert.equal(await ledger.read(PIN), undefined);
      await ledger.write({ ...ENTRY, unfinished: "was stopped", stamp: null });
      await ledger.write(ENTRY);
      assert.deepEqual(await ledger.read(PIN), ENTRY);
      assert.equal(await ledger.read({ ...PIN, path: "/srv/other" }), undefined);
    });

    it(`${kind} does not know another directory at the same path`, async (t) => {
      const ledger = await open(join(await makeFolder(t), "installs"));
      await ledger.write(ENTRY);
      assert.equal(await ledger.read({ ...PIN, inode: "3" }), undefined);
    });

    it(`${kind} keeps an unfinished install, but no stamp, when the number of the device changes`, async (t) => {
      const ledger = await open(join(await makeFolder(t), "installs"));
      await ledger.write({ ...ENTRY, unfinished: "was stopped" });
      const entry = await ledger.read({ ...PIN, device: "9" });
      assert.deepEqual(entry, { ...ENTRY, unfinished: "was stopped", stamp: null });
    });
  }

  it("keeps entries for the next process", async (t) => {
    const folder = join(await makeFolder(t), "installs");
    await (await InstallLedger.open(folder)).write(ENTRY);
    assert.deepEqual(await (await InstallLedger.open(folder)).read(PIN), ENTRY);
  });

  it("reads no entry that is damaged, or that another user could have written", async (t) => {
    const folder = join(await makeFolder(t), "installs");
    const ledger = await InstallLedger.open(folder);
    await ledger.write(ENTRY);
    const [name = ""] = await readdir(folder);
    const path = join(folder, name);
    await chmod(path, 0o666);
    assert.equal(await ledger.read(PIN), undefined);
    await chmod(path, 0o600);
    assert.deepEqual(await ledger.read(PIN), ENTRY);
    for (const text of ["", "{", "[]", JSON.stringify({ ...ENTRY, stamp: {} }), JSON.stringify({ ...ENTRY, pin: 1 })]) {
      await writeFile(path, text);
      assert.equal(await ledger.read(PIN), undefined, text);
    }
  });
});
