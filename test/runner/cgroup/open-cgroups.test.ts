import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findOwn } from "../../../dist/runner/cgroup/cgroup-files.js";
import { openCgroups } from "../../../dist/runner/cgroup/open-cgroups.js";
import { runBuild, shellStep } from "../one-build.js";
import { FakeCgroups } from "./fake-cgroups.js";

const UNIT = "/cg/tailcast.service";
const skip = process.platform === "linux" ? false : "control groups exist on Linux only";

describe("openCgroups()", { skip }, () => {
  it("opens nothing unless an option asks for it", () => {
    const fake = new FakeCgroups(UNIT);
    const none = { folder: undefined, warning: undefined, logWarning: undefined };
    assert.deepEqual(openCgroups(undefined, 0, fake), none);
    assert.deepEqual(fake.moves, []);
  });

  it("uses the cgroup of the unit for a limit", () => {
    const { folder, warning, logWarning } = openCgroups(undefined, 9, new FakeCgroups(UNIT));
    assert.deepEqual([folder?.path, warning, logWarning], [UNIT, undefined, undefined]);
  });

  it("warns, at the start and in each log, that the limit is not enforced", () => {
    const fake = new FakeCgroups(UNIT, { controllers: "" });
    const { folder, warning, logWarning } = openCgroups("auto", 9, fake);
    const reason = `${UNIT} has no controller "pids"; with systemd, set Delegate=pids`;
    const text = `the limit of 9 processes (pids) is not enforced: ${reason}`;
    assert.deepEqual([folder?.path, warning, logWarning], [UNIT, text, text]);
  });

  it("warns at the start that builds run without cgroups", () => {
    const fake = new FakeCgroups(UNIT);
    fake.own = () => undefined;
    const { folder, warning, logWarning } = openCgroups("auto", 0, fake);
    const text = "builds run without cgroups: this system has no cgroup v2";
    assert.deepEqual([folder, warning, logWarning], [undefined, text, undefined]);
  });

  it("refuses a directory that was named and cannot be used", () => {
    const message = /^Cannot use "cgroup": \/cg\/nothing is not a cgroup that this server can use \(ENOENT/;
    assert.throws(() => openCgroups("/cg/nothing", 9, new FakeCgroups(UNIT)), { code: "INVALID_OPTION", message });
  });
});

describe("findOwn()", () => {
  const line = (root: string, at: string): string => `30 24 0:26 ${root} ${at} rw shared:4 - cgroup2 cgroup2 rw\n`;
  const v1 = "29 24 0:25 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

  it("finds the cgroup below the place where the hierarchy is mounted", () => {
    assert.equal(findOwn("0::/a.slice/b.service\n", line("/", "/sys/fs/cgroup")), "/sys/fs/cgroup/a.slice/b.service");
    assert.equal(findOwn("8:pids:/x\n0::/\n", v1 + line("/", "/sys/fs/cgroup/unified")), "/sys/fs/cgroup/unified");
    assert.equal(findOwn("0::/docker/c1/app\n", line("/docker/c1", "/sys/fs/cgroup")), "/sys/fs/cgroup/app");
  });

  it("finds nothing without cgroup v2, or outside the part of the tree that is visible", () => {
    assert.equal(findOwn("8:pids:/x\n", v1), undefined);
    assert.equal(findOwn("0::/\n", v1), undefined);
    assert.equal(findOwn("0::/docker/c10\n", line("/docker/c1", "/sys/fs/cgroup")), undefined);
    assert.equal(findOwn("", ""), undefined);
  });
});

describe("BuildQueue", () => {
  it("repeats in each log that the limit is not enforced", async (t) => {
    const { queue, lines } = await runBuild(t, [shellStep(":")], { cgroup: "auto", pids: 100_000 });
    const [warning] = queue.warnings;
    if (warning === undefined) return t.skip("the limit is enforced here");
    assert.match(warning, /^the limit of 100000 processes \(pids\) is not enforced: ./);
    const system = lines.filter(({ step }) => step === null).map(({ text }) => text);
    assert.deepEqual(system.filter((text) => text.includes("pids")), [`warning: ${warning}`]);
  });
});
