import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { historyContract, sharedLogContract } from "../../dist/contract/index.js";
import { historyMutants } from "./history-mutants.js";
import { logMutants } from "./log-mutants.js";
import { memoryLogs } from "./memory-logs.js";
import type { ContractCheck } from "../../dist/contract/index.js";

/** A check that waits for a report that a broken store never makes ends after this time, in milliseconds. */
const TIMEOUT = 300;

/** Runs the check with a title. */
async function run(checks: readonly ContractCheck[], title: string): Promise<void> {
  await (checks.find((check) => check.title === title) ?? assert.fail(title)).run();
}

describe("sharedLogContract()", () => {
  it("has a broken log for each check", () => {
    assert.deepEqual(sharedLogContract(memoryLogs()).map(({ title }) => title), Object.keys(logMutants));
  });

  for (const [title, changes] of Object.entries(logMutants)) {
    it(`rejects ${changes.length} broken logs: "${title}"`, async (t) => {
      t.mock.method(process, "emitWarning", () => undefined);
      for (const [index, change] of changes.entries()) {
        const checks = sharedLogContract(memoryLogs(change, TIMEOUT));
        await assert.rejects(run(checks, title), Error, `broken log ${index}`);
      }
    });
  }

  it("omits the checks whose option is missing", () => {
    const { open } = memoryLogs();
    const left = sharedLogContract({ open }).map(({ title }) => title);
    assert.deepEqual(Object.keys(logMutants).filter((title) => !left.includes(title)), [
      "appends to the log when one process closes it and opens it again",
      "keeps the other logs of its process open when it is closed",
      "rejects a read of removed events, knows its start then, and reads from there",
      "starts another epoch for all processes when the store has lost events",
      "does not continue a reader in another epoch",
      "is open again after the loss of a complete log",
      "rejects in bounded time while the store does not answer, and then continues automatically",
    ]);
  });
});

describe("historyContract()", () => {
  it("has a broken history for each check", () => {
    const checks = historyContract({ open: () => assert.fail(), isLasting: true });
    assert.deepEqual(checks.map(({ title }) => title), Object.keys(historyMutants));
  });

  for (const [title, classes] of Object.entries(historyMutants)) {
    it(`rejects ${classes.length} broken histories: "${title}"`, async () => {
      for (const [index, History] of classes.entries()) {
        const checks = historyContract({ open: () => new History(), isLasting: true, timeout: TIMEOUT });
        await assert.rejects(run(checks, title), Error, `broken history ${index}`);
      }
    });
  }
});
