import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { continueBuildIds, createBuildId, isBuildId } from "../../dist/runner/build-id.js";

describe("continueBuildIds()", () => {
  it("makes new ids sort after those of an earlier process whose clock was ahead", () => {
    const ahead = (Date.now() + 500_000).toString(36).padStart(9, "0");
    continueBuildIds([`${ahead}0000000`, "zzzzzzzzzzzzzzzz"]);
    const id = createBuildId();
    assert.ok(id > `${ahead}zzzzzzz`, id);
    assert.ok(isBuildId(id));
  });
});

describe("createBuildId()", () => {
  it("makes 16 characters that are all different", () => {
    const ids = Array.from({ length: 1000 }, () => createBuildId());
    assert.equal(new Set(ids).size, 1000);
    for (const id of ids) assert.match(id, /^[0-9a-z]{16}$/);
  });

  it("makes ids that sort by time, also when the time gets longer", (t) => {
    const times = [Date.now() + 1_000_000, 36 ** 8 - 1, 36 ** 8, 36 ** 9 - 1000];
    let time = 0;
    t.mock.method(Date, "now", () => time);
    const ids = times.map((at) => {
      time = at;
      return createBuildId();
    });
    assert.deepEqual(ids.map((id) => parseInt(id.slice(0, 9), 36)), times);
    assert.deepEqual(ids.toSorted(), ids);
  });

  it("makes ids that sort by age, even within one millisecond", () => {
    const ids = Array.from({ length: 100 }, () => createBuildId());
    assert.deepEqual(ids.toSorted(), ids);
  });
});

describe("isBuildId()", () => {
  it("accepts what createBuildId() makes", () => {
    assert.ok(isBuildId(createBuildId()));
  });

  it("refuses everything else", () => {
    const lengths = ["", "0123456789abcde", "0123456789abcdefg", "0123456789abcdef\n"];
    for (const text of [...lengths, "0123456789ABCDEF", "../../etc/passwd", "0123456789abcde\n"]) {
      assert.equal(isBuildId(text), false, text);
    }
  });
});
