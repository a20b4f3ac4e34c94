import assert from "node:assert/strict";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { openPipes } from "../../../dist/runner/output/pipe.js";
import type { TestContext } from "node:test";

/** A reader of a pipe whose pauses end when the test says so, and what it has read. */
async function openReader(t: TestContext) {
  const [pipe] = await openPipes([1]);
  assert.ok(pipe !== undefined);
  const { reader, closeWriters } = pipe;
  t.after(() => {
    closeWriters();
    reader.destroy();
  });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const portions: string[] = [];
  reader.on("data", (bytes: Buffer) => portions.push(bytes.toString()));
  const write = (text: string): void => {
    writeSync(pipe.writers[0] as number, text);
  };
  return { reader, closeWriters, portions, write };
}

/** Waits for far more turns of the event loop than a read takes. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

describe("PipeReader", { skip: process.platform === "win32" }, () => {
  it("reads the first bytes after a silence at once, and gathers what follows", async (t) => {
    const { reader, portions, write } = await openReader(t);
    write("first\n");
    await once(reader, "data");
    assert.deepEqual(portions, ["first\n"]);

    for (const text of ["a\n", "b\n", "c\n"]) {
      write(text);
      await turns();
    }
    assert.deepEqual(portions, ["first\n"]);
    const gathered = once(reader, "data");
    t.mock.timers.tick(2);
    await gathered;
    assert.deepEqual(portions, ["first\n", "a\nb\nc\n"]);

    t.mock.timers.tick(1000);
    write("later\n");
    await once(reader, "data");
    assert.equal(portions.at(-1), "later\n");
  });

  it("does not pause after a large read", async (t) => {
    const { reader, portions, write } = await openReader(t);
    for (const text of ["a".repeat(40_000), "b".repeat(40_000)]) {
      write(text);
      await once(reader, "data");
    }
    assert.deepEqual(portions.map((text) => text.length), [40_000, 40_000]);
  });

  it("reads the rest when the pipe ends in a pause", async (t) => {
    const { reader, closeWriters, portions, write } = await openReader(t);
    write("a");
    await once(reader, "data");
    write("b");
    closeWriters();
    const ended = once(reader, "end");
    await turns();
    t.mock.timers.tick(2);
    while (portions.length < 2) await turn();
    t.mock.timers.tick(2);
    await ended;
    assert.deepEqual(portions, ["a", "b"]);
  });

  it("can be destroyed in a pause", async (t) => {
    const { reader, portions, write } = await openReader(t);
    write("a");
    await once(reader, "data");
    write("b");
    reader.destroy();
    await once(reader, "close");
    t.mock.timers.tick(1000);
    await turns();
    assert.deepEqual(portions, ["a"]);
  });
});
