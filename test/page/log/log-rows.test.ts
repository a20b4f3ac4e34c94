import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { LogRows } from "../../../dist/page/log/log-rows.js";

describe("LogRows", () => {
  let rows: LogRows;
  /** All rows: `# install` for a heading, a number for a line, `2..4` for a gap. */
  const all = (): string =>
    Array.from({ length: rows.count }, (_, index) => {
      const row = rows.at(index) ?? assert.fail(`row ${index}`);
      if (row.type === "heading") return `# ${rows.sections[row.section]?.step}`;
      return row.type === "line" ? String(row.number) : `${row.first}..${row.last}`;
    }).join(" ");

  beforeEach(() => {
    rows = new LogRows();
    rows.set(7, [
      { step: null, first: 1 },
      { step: "install", first: 2 },
      { step: "build", first: 5 },
    ]);
  });

  it("has a heading before the lines of each step", () => {
    assert.equal(all(), "1 # install 2 3 4 # build 5 6 7");
    assert.equal(rows.at(rows.count), undefined);
    assert.deepEqual([1, 2, 4, 5, 7].map((number) => rows.rowOf(number)), [0, 2, 4, 6, 8]);
    assert.deepEqual([0, 1, 2].map((section) => rows.rowOfSection(section)), [0, 1, 5]);
    assert.deepEqual([0, 1, 4, 5, 8].map((row) => rows.sectionAt(row)), [0, 1, 1, 2, 2]);
    assert.deepEqual([1, 2, 4, 5, 7].map((number) => rows.sectionOf(number)), [0, 1, 1, 2, 2]);
  });

  it("shows only the heading of a folded step, also while lines are added", () => {
    rows.fold(1, true);
    assert.equal(all(), "1 # install # build 5 6 7");
    assert.equal(rows.rowOf(3), 1, "the heading stands for the line");
    rows.fold(2, true);
    rows.append(8, "build");
    assert.equal(all(), "1 # install # build");
    rows.append(9, null);
    assert.equal(all(), "1 # install # build 9");
    rows.fold(2, false);
    assert.equal(all(), "1 # install # build 5 6 7 8 9");
    rows.fold(0, true);
    assert.equal(rows.isFolded(0), false, "lines of the whole build have no heading");
  });

  it("stays folded when the outline is read again", () => {
    rows.fold(1, true);
    rows.set(9, [...rows.sections, { step: null, first: 8 }]);
    assert.equal(all(), "1 # install # build 5 6 7 8 9");
  });

  it("adds lines, and a heading where the step changes", () => {
    rows = new LogRows();
    assert.equal(rows.count, 0);
    for (const [number, step] of [[1, null], [2, "install"], [3, "install"], [3, "install"], [6, "build"]] as const)
      rows.append(number, step);
    assert.equal(all(), "1 # install 2 3 4 5 # build 6");
    assert.equal(rows.lineCount, 6);
  });

  it("has one row for lines that are gone", () => {
    rows.addGap(1, 3);
    assert.equal(all(), "1..1 # install 2..3 4 # build 5 6 7");
    assert.equal(rows.isMissing(3), true);
    assert.equal(rows.isMissing(4), false);
    rows.addGap(4, 4);
    rows.addGap(6, 7);
    assert.equal(all(), "1..1 # install 2..4 # build 5 6..7");
    assert.equal(rows.rowOf(3), 2);
    rows.append(8, "build");
    assert.equal(all(), "1..1 # install 2..4 # build 5 6..7 8");
    rows.clear();
    assert.equal(all(), "");
  });

  it("needs no memory for each line", () => {
    rows = new LogRows();
    rows.set(5_000_000, [{ step: "build", first: 1 }]);
    for (let number = 5_000_001; number <= 5_100_000; number++) rows.append(number, "build");
    assert.deepEqual(rows.at(5_100_000), { type: "line", number: 5_100_000 });
    assert.equal(rows.rowOf(4_000_000), 4_000_000);
  });
});
