import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";

describe("Channel.publish()", () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ data: { a: 1 } }, /data is an object; pass JSON\.stringify\(value\)$/],
    [{ data: [1] }, /data is an array; pass JSON\.stringify\(value\)$/],
    [{ data: 5 }, /data is a number; pass a string, for example String\(value\)$/],
    [{ data: Promise.resolve("x") }, /data is a promise; await it$/],
    [{ data: null }, /its data is null, which means no data; pass "" for empty data, or JSON\.stringify\(value\)$/],
    [{ data: "x", id: 5 }, /id is a number/],
    [{ data: "x", id: {} }, /id is an object/],
    [{ data: "x", event: Symbol("x") }, /event is a symbol/],
    [{ data: "x", retry: "5" }, /"retry"/],
    [{ data: "x", comment: 1n }, /comment is a bigint/],
    [{ event: "x" }, /it has no data; pass/],
    [{ a: 1 }, /it has no data; pass \{ data: "text" \}, or \{ data: JSON\.stringify\(value\) \} to send an object$/],
    [Buffer.from("x"), /it is bytes; decode them to text, for example with a TextDecoder$/],
    [Promise.resolve("x"), /it is a promise; await it$/],
    [undefined, /: it is undefined; pass an object, such as \{ data: "text" \}$/],
    [null, /: it is null; pass an object, such as \{ data: "text" \}$/],
    [5, /: it is a number; pass an object, such as \{ data: "text" \}$/],
    [["x"], /: it is an array; pass an object, such as \{ data: "text" \}$/],
    [() => "x", /: it is a function; pass an object, such as \{ data: "text" \}$/],
  ];
  for (const [event, message] of bad) {
    const shown = JSON.stringify(event, (_, value: unknown) => (typeof value === "object" ? value : String(value)));
    it(`refuses ${shown} with INVALID_EVENT, and publishes nothing`, () => {
      const channel = new Channel({ uniqueEpoch: "e" });
      assert.throws(() => channel.publish(event as never), { code: "INVALID_EVENT", message });
      assert.equal(channel.publish("good"), "e-1");
    });
  }
});
