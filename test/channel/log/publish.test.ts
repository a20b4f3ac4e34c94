import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";

describe("Channel.publish()", () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ data: { a: 1 } }, /data is an object; pass JSON\.stringify\(value\)$/],
    [{ data: [1] }, /data is an array; pass JSON\.stringify\(value\)$/],
    [{ data: 5 }, /"data": it is of type number/],
    [{ data: "x", id: 5 }, /"id": it is of type number/],
    [{ data: "x", id: {} }, /id is an object/],
    [{ data: "x", event: Symbol("x") }, /"event": it is of type symbol/],
    [{ data: "x", retry: "5" }, /"retry"/],
    [{ data: "x", comment: 1n }, /"comment": it is of type bigint/],
    [{ event: "x" }, /an object with "data"/],
    [undefined, /pass a string/],
    [null, /pass a string/],
    [5, /pass a string/],
    [["x"], /pass a string/],
    [() => "x", /pass a string/],
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
