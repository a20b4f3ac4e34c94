import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RetryPolicy, TRIAL, retryDelay } from "../../../dist/page/server/retry-policy.js";

describe("retryDelay", () => {
  it("doubles up to 30 s, with a random upper half", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 50, 2000].map((attempt) => retryDelay(attempt, 1)),
      [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
    );
    assert.equal(retryDelay(2, 0), 2000);
    assert.equal(retryDelay(2, 0.5), 3000);
  });
});

describe("RetryPolicy", () => {
  /** A stream that opens, and ends after `duration` milliseconds without an event. */
  const endAfter = (policy: RetryPolicy, duration: number): void => {
    policy.opened(0);
    policy.ended(duration);
  };

  it("counts a server as full when it turns two streams away in a row", () => {
    const policy = new RetryPolicy();
    endAfter(policy, TRIAL - 1);
    assert.deepEqual([policy.isDoubtful, policy.isFull], [true, false]);
    endAfter(policy, TRIAL - 1);
    assert.deepEqual([policy.isDoubtful, policy.isFull], [true, true]);
    assert.equal(policy.nextDelay(1), 8000);
    assert.equal(policy.nextDelay(1), 16_000);
  });

  it("does not count a stream that was open for longer, or had an event", () => {
    for (const end of [(policy: RetryPolicy) => endAfter(policy, TRIAL), (policy: RetryPolicy) => policy.accepted()]) {
      const policy = new RetryPolicy();
      endAfter(policy, 0);
      end(policy);
      assert.equal(policy.isDoubtful, false);
    }
  });

  it("does not count an attempt that never opened, or a stream that the page closed", () => {
    const policy = new RetryPolicy();
    policy.ended(0);
    policy.opened(0);
    assert.equal(policy.isOnTrial, true);
    policy.disconnected();
    policy.ended(0);
    assert.deepEqual([policy.isOnTrial, policy.isDoubtful], [false, false]);
  });

  it("makes each pause longer until the page is connected", () => {
    const policy = new RetryPolicy();
    assert.deepEqual([policy.nextDelay(1), policy.nextDelay(1)], [1000, 2000]);
    policy.connected();
    assert.equal(policy.nextDelay(1), 1000);
  });
});
