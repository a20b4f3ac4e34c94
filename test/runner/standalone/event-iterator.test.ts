import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventIterator } from "../../../dist/runner/standalone/event-iterator.js";
import type { BuildEvent } from "../../../dist/runner/events.js";

describe("EventIterator", () => {
  it("divides the events among loops that run at the same time, and reports each as consumed", async () => {
    const iterator = new EventIterator(() => assert.fail("a loop ended early"));
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of iterator) if (event.type === "line") seen.push(event.text);
    };
    const loops = [read(), read()];
    const texts = ["one", "two", "three", "four"];
    // In one turn of the event loop, so that both loops hold an event.
    await Promise.all(texts.map((text) => iterator.push({ type: "line", text } as BuildEvent)));
    iterator.end();
    await Promise.all(loops);
    assert.deepEqual(seen, texts);
  });
});
