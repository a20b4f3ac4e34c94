import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideInstall } from "../../../dist/runner/install/decide-install.js";
import type { InstallEntry } from "../../../dist/runner/install/install-ledger.js";

const STATE = {
  inputs: { "package.json": "1", "package-lock.json": "2", "Node.js": "20", "the environment": "e" },
  doubts: [],
  tree: { packages: { "node_modules/a": "3", "node_modules/b": "4" }, names: { node_modules: "n" }, generated: [] },
};
const ENTRY: InstallEntry = {
  pin: { path: "/srv", device: "1", inode: "2" },
  time: "2026-01-01T00:00:00.000Z",
  unfinished: null,
  stamp: { inputs: STATE.inputs, tree: STATE.tree },
};

describe("decideInstall()", () => {
  it("skips only if everything is known and the same", () => {
    assert.deepEqual(decideInstall(ENTRY, STATE), { type: "skip" });
  });

  it("never skips when a value is missing, changed or new", () => {
    const parts = [STATE.inputs, STATE.tree.packages] as const;
    for (const [index, part] of parts.entries()) {
      const changes = Object.keys(part).flatMap((name) => {
        const { [name]: _, ...rest } = part as Readonly<Record<string, string>>;
        return [rest, { ...part, [name]: "other" }, { ...part, new: "x" }, { ...part, ["__proto__"]: "x" }];
      });
      for (const changed of changes) {
        const inputs = index === 0 ? changed : STATE.inputs;
        const packages = index === 1 ? changed : STATE.tree.packages;
        const decision = decideInstall(ENTRY, { ...STATE, inputs, tree: { ...STATE.tree, packages } });
        assert.equal(decision.type, "install", JSON.stringify(changed));
      }
    }
  });

  it("installs without a reason when no earlier install is known", () => {
    assert.deepEqual(decideInstall(undefined, STATE), { type: "install", because: undefined });
    assert.deepEqual(decideInstall(undefined, undefined), { type: "install", because: undefined });
  });

  it("starts without node_modules after an install that did not succeed, whatever else is known", () => {
    const because = "the last install here was stopped, and may have left broken packages";
    for (const stamp of [null, ENTRY.stamp]) {
      for (const state of [undefined, STATE, { ...STATE, doubts: ["x"] }]) {
        assert.deepEqual(decideInstall({ ...ENTRY, unfinished: "was stopped", stamp }, state), {
          type: "clean",
          because,
        });
      }
    }
  });

  it("installs when the last result or the current state is not known", () => {
    const because = "the result of the last install here is unknown";
    assert.deepEqual(decideInstall({ ...ENTRY, stamp: null }, STATE), { type: "install", because });
    assert.deepEqual(decideInstall(ENTRY, undefined), { type: "install", because });
    const stamp = { inputs: null, tree: STATE.tree };
    assert.deepEqual(decideInstall({ ...ENTRY, stamp }, STATE), { type: "install", because });
  });

  it("starts without node_modules when files are missing, also if there are doubts", () => {
    const tree = { ...STATE.tree, packages: { "node_modules/a": "3" }, names: { node_modules: "m" } };
    const because = "files were added to node_modules/b, or removed, since the last install";
    const inputs = { ...STATE.inputs, "package.json": "9" };
    for (const state of [{ ...STATE, doubts: ["x"] }, { ...STATE, inputs }]) {
      assert.deepEqual(decideInstall(ENTRY, { ...state, tree }), { type: "clean", because });
    }
    const stamp = { inputs: null, tree: STATE.tree };
    assert.deepEqual(decideInstall({ ...ENTRY, stamp }, { ...STATE, tree }), { type: "clean", because });
  });

  it("names at most three changes", () => {
    const inputs = { ...STATE.inputs, a: "", b: "", c: "", d: "", "package.json": "9" };
    const because = "a, b, c and 2 more changed since the last install";
    assert.deepEqual(decideInstall(ENTRY, { ...STATE, inputs }), { type: "install", because });
  });

  it("does not compare node_modules of a member that is new or gone, but of one that is there", () => {
    const folder = "packages/a/node_modules";
    const names = { ...STATE.tree.names, [folder]: "a" };
    const inputs = { ...STATE.inputs, "packages/a/package.json": "p" };
    const without = { stamp: { inputs: STATE.inputs, tree: STATE.tree } };
    const state = { ...STATE, inputs, tree: { ...STATE.tree, names } };
    const because = "packages/a/package.json changed since the last install";
    assert.deepEqual(decideInstall({ ...ENTRY, ...without }, state), { type: "install", because });
    const stamp = { inputs, tree: state.tree };
    assert.deepEqual(decideInstall({ ...ENTRY, stamp }, STATE), { type: "install", because });
    assert.equal(decideInstall({ ...ENTRY, stamp }, { ...state, tree: STATE.tree }).type, "clean");
  });

  it("installs when the last install has generated files that no package contains", () => {
    const tree = { ...STATE.tree, generated: ["node_modules/.prisma"] };
    const because = "node_modules/.prisma may be generated from other files of the project";
    assert.deepEqual(decideInstall({ ...ENTRY, stamp: { inputs: STATE.inputs, tree } }, STATE), {
      type: "install",
      because,
    });
    // A build has generated them.
    assert.deepEqual(decideInstall(ENTRY, { ...STATE, tree }), { type: "skip" });
  });

  it("installs because of a doubt when nothing changed", () => {
    const decision = decideInstall(ENTRY, { ...STATE, doubts: ["there is a doubt", "another"] });
    assert.deepEqual(decision, { type: "install", because: "there is a doubt" });
  });
});
