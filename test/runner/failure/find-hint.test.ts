import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findHint } from "../../../dist/runner/failure/find-hint.js";
import { knownFailures } from "../../../dist/runner/failure/known-failures.js";
import { OutputTail } from "../../../dist/runner/failure/output-tail.js";
import { managers } from "../../../dist/runner/package-manager/managers.js";
import { readOutputs } from "./outputs.js";
import type { FailedOutput } from "./outputs.js";

/** The output as the runner keeps it. */
function tailOf({ text }: Pick<FailedOutput, "text">): string {
  const tail = new OutputTail();
  for (const line of text.split("\n")) tail.add([{ stream: "stdout", text: line }]);
  return tail.text;
}

describe("findHint()", () => {
  for (const { code } of knownFailures) {
    for (const output of readOutputs(`outputs/${code}.txt`)) {
      it(`recognises ${code} in the output of ${output.title}`, () => {
        const hint = findHint(output.result, tailOf(output));
        assert.deepEqual({ code: hint?.code, subject: hint?.subject }, { code, subject: output.subject });
        assert.doesNotMatch(`${hint?.cause}${hint?.remedy}`, /\{\}|undefined|null/);
        if (output.subject !== null) assert.ok(hint?.cause.includes(output.subject), hint?.cause);
      });
    }
  }

  it("is tested with a lock file that each package manager refuses", () => {
    const file = "outputs/LOCK_FILE_OUTDATED.txt";
    const outputs = readOutputs(file);
    for (const { name, lockFileOutdated } of managers) {
      const isKnown = outputs.some(({ text }) => lockFileOutdated.output?.test(text));
      assert.ok(isKnown, `No output in test/runner/failure/${file} is that of ${name}: add what it prints`);
    }
  });

  for (const output of readOutputs("near-misses.txt")) {
    it(`does not explain ${output.title}`, () => {
      assert.equal(findHint(output.result, tailOf(output)), undefined);
    });
  }

  it("does not explain a command that succeeded, was stopped, or did not start", () => {
    const [output = assert.fail("no output")] = readOutputs("outputs/LOCK_FILE_OUTDATED.txt");
    const text = tailOf(output);
    assert.equal(findHint(output.result, text)?.code, "LOCK_FILE_OUTDATED");
    assert.equal(findHint({ type: "succeeded" }, text), undefined);
    assert.equal(findHint({ type: "aborted", exitCode: 137, signal: null }, text), undefined);
    assert.equal(findHint({ type: "not-started", reason: "npm is not on PATH" }, text), undefined);
  });

  it("reads hostile output in linear time", () => {
    const pieces = [
      ..."a :/\\ \t'\"[✖".split(""),
      ...["Error: ", "error ", "npm error ", "fatal: not a git repository\n", "sh: ", "a - ", "Cannot find module '"],
      ...["ERR_PNPM_A  ", "\n", " ERR_PNPM_A  a, reason: ", "error Error: http://", "Module not found: Can't "],
      ...["Object.", "a.toSorted", "x: No space left on device ", "FATAL ERROR: ", "sh: 1: cannot create "],
    ];
    const failed = { type: "failed", exitCode: 127 } as const;
    for (const piece of pieces) {
      const text = piece.repeat(32 * 1024).slice(0, 32 * 1024);
      const start = performance.now();
      findHint(failed, text);
      const time = performance.now() - start;
      assert.ok(time < 500, `${JSON.stringify(piece)} took ${time} ms`);
    }
  });
});

describe("knownFailures", () => {
  it("has each code once, and a subject in every sign of a row whose sentences need one", () => {
    assert.equal(new Set(knownFailures.map(({ code }) => code)).size, knownFailures.length);
    for (const { code, cause, signs } of knownFailures) {
      for (const { output } of signs) {
        const groups = output === undefined ? 0 : (new RegExp(`${output.source}|`).exec("")?.length ?? 0) - 1;
        assert.equal(groups, cause.includes("{}") ? 1 : 0, `${code}: ${output}`);
      }
    }
  });
});
