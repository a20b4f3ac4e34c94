import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ErrorMarks } from "../../../dist/streams/lines/error-marks.js";
import { lineOf } from "./logs.js";
import type { LogMark } from "../../../dist/streams/lines/error-marks.js";
import type { LogLine } from "../../../dist/streams/line-data.js";
import type { StepRecord, StepStatus } from "../../../dist/runner/record.js";

/** Adds the lines of a text. Returns each mark with its line. */
function marked(text: string, changes: Partial<LogLine> = {}): string[] {
  const marks = new ErrorMarks();
  const lines = text.split("\n");
  lines.forEach((line, index) => marks.add(lineOf(index + 1, line, changes)));
  return marks.marks.map(({ line, kind }) => `${kind}: ${lines[line - 1]}`);
}

function step(name: string, status: StepStatus): StepRecord {
  return { name, command: "", status, exitCode: 1, signal: null, startedAt: null, finishedAt: null };
}

/** Adds stderr lines from the number `first` on. */
function addStderr(marks: ErrorMarks, first: number, count: number, name = "build"): void {
  for (let number = first; number < first + count; number++) {
    marks.add(lineOf(number, `complaint ${number}`, { stream: "stderr", step: name }));
  }
}

describe("ErrorMarks", () => {
  it("marks the first line of each block", () => {
    const text = `
> tsc -b

src/a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.
src/a.ts(2,7): error TS2322: Type 'number' is not assignable to type 'string'.
  The expected type comes from property 'x'.
src/b.ts(9,1): error TS2304: Cannot find name 'y'.
npm error Lifecycle script \`build\` failed with error:
npm error code 2
done`;
    assert.deepEqual(marked(text), [
      "error: src/a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  it("begins a new block after an empty line and after other lines", () => {
    const text = `src/a.ts:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.

1 const a: string = 1;
        ~

src/b.ts:9:1 - error TS2304: Cannot find name 'y'.

error[E0308]: mismatched types
 --> src/main.rs:2:18
  |
2 |     let x: i32 = "a";
  |            ---   ^^^ expected \`i32\`

error[E0425]: cannot find value \`y\` in this scope`;
    assert.deepEqual(marked(text), [
      "error: src/a.ts:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.",
      "error: src/b.ts:9:1 - error TS2304: Cannot find name 'y'.",
      "error: error[E0308]: mismatched types",
      "error: error[E0425]: cannot find value `y` in this scope",
    ]);
  });

  it("counts a stack trace with its message, before or after it", () => {
    const node = `file:///srv/a.js:1
throw new TypeError("no");
      ^

TypeError: no
    at build (file:///srv/a.js:1:7)

    at async main (file:///srv/a.js:9:3) {
  code: 'ERR_X_FAILED'
}

Node.js v20.20.2`;
    assert.deepEqual(marked(node), ["error: TypeError: no"]);
    const python = `Traceback (most recent call last):
  File "a.py", line 1, in <module>
    main()
ValueError: no`;
    assert.deepEqual(marked(python), ["stack: Traceback (most recent call last):"]);
    assert.deepEqual(marked("Oh no:\n    at build (file:///srv/a.js:1:7)\n    at x (file:///srv/a.js:1:7)"), [
      "stack:     at build (file:///srv/a.js:1:7)",
    ]);
  });

  it("marks an error behind warnings separately", () => {
    assert.deepEqual(marked("npm warn deprecated a\nnpm warn deprecated b\nnpm error code E404\nnpm warn c"), [
      "warning: npm warn deprecated a",
      "error: npm error code E404",
    ]);
  });

  it("marks a line when it is complete, and no line of the runner", () => {
    const marks = new ErrorMarks();
    marks.add(lineOf(1, "Error: no", { stream: "system" }));
    marks.add(lineOf(2, "Error: not", { open: true }));
    marks.add(lineOf(3, "Error: three"));
    assert.deepEqual(marks.marks, [{ line: 3, kind: "error" }]);
    marks.add(lineOf(2, "Error: not yet"));
    marks.add(lineOf(2, "Error: not yet"));
    marks.add(lineOf(9, "Error: nine"));
    assert.deepEqual(marks.marks.map(({ line }) => line), [2, 3, 9]);
  });

  it("marks the last lines of stderr of a step that failed", () => {
    const failed = { steps: [step("install", "succeeded"), step("build", "failed")] };
    const running = { steps: [step("install", "succeeded"), step("build", "running")] };
    const after = (add: (marks: ErrorMarks) => void, state = failed): readonly LogMark[] => {
      const marks = new ErrorMarks();
      marks.addState(running);
      add(marks);
      marks.add(lineOf(500, "build failed with exit code 1", { stream: "system" }));
      marks.addState(state);
      marks.addState(state);
      return marks.marks;
    };
    assert.deepEqual(after((marks) => addStderr(marks, 5, 3)), [{ line: 5, kind: "error" }]);
    assert.deepEqual(after((marks) => addStderr(marks, 5, 3), running), []);
    // At most the last 50 lines.
    assert.deepEqual(after((marks) => addStderr(marks, 101, 200)), [{ line: 251, kind: "error" }]);
    // The last lines are on stdout, or belong to another step.
    assert.deepEqual(after((marks) => (addStderr(marks, 5, 3), marks.add(lineOf(8, "done")))), []);
    assert.deepEqual(after((marks) => addStderr(marks, 5, 3, "install")), []);
    // They have a mark.
    const known = after((marks) => {
      addStderr(marks, 5, 3);
      marks.add(lineOf(8, "Error: known", { stream: "stderr" }));
    });
    assert.deepEqual(known, [{ line: 8, kind: "error" }]);
  });

  it("keeps at most 1000 marks, errors rather than warnings", () => {
    const marks = new ErrorMarks();
    for (let number = 1; number <= 1200; number++) marks.add(lineOf(number * 2, "npm warn deprecated a"));
    assert.deepEqual([marks.marks.length, marks.omitted], [1000, 200]);
    for (let number = 1201; number <= 1300; number++) marks.add(lineOf(number * 2, "npm error code E404"));
    assert.deepEqual([marks.marks.length, marks.omitted], [1000, 300]);
    assert.equal(marks.marks.filter(({ kind }) => kind === "error").length, 100);
    const lines = marks.marks.map(({ line }) => line);
    assert.deepEqual(lines, lines.toSorted((a, b) => a - b));
    for (let number = 1301; number <= 2400; number++) marks.add(lineOf(number * 2, "npm error code E404"));
    assert.deepEqual([marks.marks.length, marks.omitted], [1000, 1400]);
    assert.ok(marks.marks.every(({ kind }) => kind === "error"));
  });
});
