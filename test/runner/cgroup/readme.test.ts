import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readArguments } from "../../cli/read-arguments.js";
import { assertUnit } from "../../readme/systemd.js";

const README = readFileSync(new URL("../../../src/runner/README.md", import.meta.url), "utf8");

describe("the systemd unit in src/runner/README.md", () => {
  const unit = /```ini\n([\s\S]*?)```/.exec(README)?.[1] ?? "";
  const values = new Map(Array.from(unit.matchAll(/^(\w+)=(.*)$/gm), ([, name, value]) => [name, value]));

  it("has settings that systemd knows", () => assertUnit(unit));

  it("starts the program with options that it has", () => {
    const [, args = ""] = /dist\/server\.js (.*)/.exec(values.get("ExecStart") ?? "") ?? [];
    const { cgroup, pids } = readArguments(args.split(" "));
    assert.deepEqual([cgroup, pids], ["auto", 1000]);
  });

  it("delegates the controller, and leaves cgroups writable", () => {
    assert.equal(values.get("Delegate"), "pids");
    assert.equal(values.get("DelegateSubgroup"), "server");
    assert.equal(values.get("ProtectControlGroups"), undefined);
    assert.ok(Number(values.get("TasksMax")) > 1000);
  });
});
