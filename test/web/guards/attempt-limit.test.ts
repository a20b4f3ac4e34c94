import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HttpError } from "../../../dist/http/http-error.js";
import { AttemptLimit } from "../../../dist/web/guards/attempt-limit.js";

/** A limit with a clock that the test moves. */
class Setup {
  now = 0;
  readonly limit = new AttemptLimit(() => this.now);
  #guess = 0;

  /** Guesses another wrong secret. Returns the time that the address must wait, in seconds; 0 when it may guess. */
  guess(address: string): number {
    const wait = this.wait(address);
    if (wait === 0) this.limit.fail(address, `guess ${this.#guess++}`);
    return wait;
  }

  /** The time that an address must wait, in seconds. */
  wait(address: string): number {
    try {
      this.limit.check(address);
      return 0;
    } catch (error) {
      assert.ok(error instanceof HttpError);
      assert.deepEqual([error.status, error.code], [429, "TOO_MANY_ATTEMPTS"]);
      return Number(error.headers["Retry-After"]);
    }
  }
}

describe("AttemptLimit", () => {
  it("lets an address guess five times, and then makes it wait ever longer", () => {
    const setup = new Setup();
    for (let count = 0; count < 5; count++) assert.equal(setup.guess("a"), 0);
    const waits = Array.from({ length: 12 }, () => {
      const seconds = setup.guess("a");
      setup.now += 1000 * seconds - 1;
      assert.equal(setup.guess("a"), 1, "not a millisecond earlier");
      setup.now += 1;
      assert.equal(setup.guess("a"), 0);
      return seconds;
    });
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    assert.equal(setup.guess("b"), 0, "other addresses do not wait");
  });

  it("gives an address its guesses back after an hour, and not after a right secret", () => {
    const setup = new Setup();
    for (let count = 0; count < 5; count++) setup.guess("a");
    setup.now += 1000;
    setup.limit.succeed("a");
    setup.guess("a");
    assert.equal(setup.wait("a"), 2);
    setup.now += 3_600_001;
    for (let count = 0; count < 5; count++) assert.equal(setup.guess("a"), 0);
    assert.equal(setup.wait("a"), 1);
  });

  it("does not count a secret that the address repeats", () => {
    const setup = new Setup();
    for (let count = 0; count < 1000; count++) setup.limit.fail("a", "old token");
    assert.equal(setup.wait("a"), 0);
    assert.equal(setup.wait("b"), 0);
  });

  it("makes all new addresses wait after 100 wrong guesses a minute, but not those that knew a secret", () => {
    const setup = new Setup();
    setup.limit.succeed("known");
    for (let count = 0; count < 100; count++) assert.equal(setup.guess(`address ${count}`), 0);
    assert.equal(setup.wait("new"), 60);
    assert.equal(setup.wait("known"), 0);
    setup.now += 60_000;
    assert.equal(setup.wait("new"), 0);
    for (let count = 0; count < 100; count++) assert.equal(setup.guess(`address ${count}`), 0);
    assert.equal(setup.wait("new"), 60);
  });

  it("remembers a bounded number of addresses", () => {
    const setup = new Setup();
    for (let count = 0; count < 25_000; count++) {
      setup.limit.fail(`address ${count}`, "guess");
      setup.limit.succeed(`address ${count}`);
    }
    assert.equal(setup.limit.size, 20_000);
  });
});
