import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { ServerClock } from "../../../dist/page/server/clock.js";

const SERVED = "Thu, 01 Jan 2026 10:00:00 GMT";
const servedAt = Date.parse(SERVED);

/** Returns how far the clock is ahead of the browser's after these answers: server's date, request, response. */
function offset(...answers: readonly [dateField: string | null, requestedAt: number, receivedAt: number][]): number {
  const clock = new ServerClock();
  for (const answer of answers) clock.note(...answer);
  return clock.now() - Date.now();
}

describe("ServerClock", () => {
  beforeEach(() => mock.timers.enable({ apis: ["Date"], now: servedAt }));
  afterEach(() => mock.timers.reset());

  it("is ahead by the difference to the middle of request and answer, in the middle of the second", () => {
    assert.equal(offset([SERVED, servedAt - 60_100, servedAt - 59_900]), 60_500);
    assert.equal(offset([SERVED, servedAt + 3_600_000, servedAt + 3_600_000]), -3_599_500);
  });

  it("is the browser's time if rounding and latency explain the difference", () => {
    assert.equal(offset([SERVED, servedAt, servedAt]), 0);
    assert.equal(offset([SERVED, servedAt + 1500, servedAt + 1500]), 0);
    assert.equal(offset([SERVED, servedAt - 2000, servedAt + 2000]), 0);
    assert.equal(offset([SERVED, servedAt - 8000, servedAt]), 0);
  });

  it("is the browser's while no answer has a date", () => {
    assert.equal(offset(), 0);
    assert.equal(offset([null, 0, 0], ["yesterday", 0, 0]), 0);
  });

  it("becomes more precise with each answer, and never jumps back", () => {
    // The server is 60.2 s ahead; the requests arrive at different fractions of its seconds.
    const truth = 60_200;
    const clock = new ServerClock();
    let doubt = Infinity;
    for (const moment of [0, 900, 1500, 2100, 3400, 4990, 5000, 6010]) {
      const at = servedAt + moment - truth;
      clock.note(new Date(Math.floor((at + truth) / 1000) * 1000).toUTCString(), at, at);
      const now = Math.abs(clock.now() - Date.now() - truth);
      assert.ok(now <= doubt, `${now} after ${doubt}`);
      doubt = now;
    }
    assert.ok(doubt <= 10, String(doubt));
  });

  it("starts again when one of the clocks was set", () => {
    const hour = 3_600_000;
    assert.equal(offset([SERVED, servedAt - hour, servedAt - hour], [SERVED, servedAt, servedAt]), 0);
    assert.equal(offset([SERVED, servedAt, servedAt], [SERVED, servedAt - hour, servedAt - hour]), hour + 500);
  });
});
