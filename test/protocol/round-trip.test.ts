import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { encodeEvent } from "../../dist/protocol/encode.js";
import { createRandom } from "../support/random.ts";
import type { EventFields } from "../../dist/protocol/encode.js";

type Random = (limit: number) => number;

const PIECES = ["a", "0", ":", " ", "\t", "data: ", "id", "\uFEFF", "é", "€", "🚀", "\u2028", "\u0085", "\u00A0", "$&"];
const HOSTILE_PIECES = ["\n", "\r", "\r\n", "\n\n", "\0", "\uD800", "\uDC00", "\x1b", "\x7f"];

function randomText(random: Random): string {
  const hostile = random(3) === 0;
  const pieces = hostile ? [...PIECES, ...HOSTILE_PIECES] : PIECES;
  return Array.from({ length: random(6) }, () => pieces[random(pieces.length)]).join("");
}

function randomFields(random: Random): EventFields {
  const retries = [0, 1, 3000, 2 ** 31 - 1, 2 ** 31, -1, 0.5, Number.NaN];
  const maybe = <T>(make: () => T): T | null | undefined => [null, undefined, make(), make(), make()][random(5)];
  return {
    data: maybe(() => randomText(random) + randomText(random)),
    event: maybe(() => randomText(random)),
    id: maybe(() => randomText(random)),
    comment: maybe(() => randomText(random)),
    retry: maybe(() => retries[random(retries.length)] ?? 0),
  };
}

/** A second implementation of the rules by which the encoder refuses fields. */
function mustBeRefused({ data, event, id, comment, retry }: EventFields): boolean {
  const texts = [data, event, id, comment].filter((text) => text != null);
  return (
    texts.some((text) => Buffer.from(text).toString() !== text) ||
    [event, id, comment].some((text) => text != null && /[\r\n\0]/.test(text)) ||
    event === "" ||
    (id != null && (/\p{Cc}/u.test(id.replaceAll(/[\u0080-\u009F]/g, "")) || / $|^ /.test(id))) ||
    (retry != null && !(retry >= 0 && retry < 2 ** 31 && retry % 1 === 0)) ||
    (data == null && (event != null || id != null)) ||
    (texts.length === 0 && retry == null)
  );
}

describe("an encoded event", () => {
  it("is decoded to exactly the given fields, between other events, or refused", () => {
    const random = createRandom(20_261_122);
    let refused = 0;
    let decoded = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const fields = randomFields(random);
      const label = `round ${round}: ${JSON.stringify(fields)}`;
      if (mustBeRefused(fields)) {
        refused += 1;
        assert.throws(() => encodeEvent(fields), { code: "INVALID_EVENT" }, label);
        continue;
      }
      const wire = encodeEvent(fields);
      const decoder = new EventStreamDecoder({ lastEventId: "before" });
      const events = decoder.decode(Buffer.from(`data: 1\n\n${wire}data: 2\n\n`));

      const id = fields.id ?? "before";
      const first = { type: "message", data: "1", lastEventId: "before" };
      const last = { type: "message", data: "2", lastEventId: id };
      if (fields.data == null) {
        assert.deepEqual(events, [first, last], label);
      } else {
        decoded += 1;
        const data = fields.data.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
        assert.deepEqual(events, [first, { type: fields.event ?? "message", data, lastEventId: id }, last], label);
      }
      assert.equal(decoder.retry, fields.retry ?? undefined, label);
    }
    // The generator must reach both cases.
    assert.ok(refused > 2000 && decoded > 2000, `${refused} refused, ${decoded} decoded`);
  });

  it("carries ten megabytes and a million newlines", () => {
    for (const data of ["🚀".repeat(2_500_000), "\n".repeat(1_000_000), "line\n".repeat(1_000_000)]) {
      const events = new EventStreamDecoder().decode(Buffer.from(encodeEvent({ data })));
      assert.equal(events.length, 1);
      assert.equal(events[0]?.data === data, true);
    }
  });
});
