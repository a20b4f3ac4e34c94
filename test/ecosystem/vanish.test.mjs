/** Clients whose network vanishes silently: half-open connections over real networks that are cut. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Network, obstacle } from "./support/network.mjs";

// The tests wait for the operating system, so they run together.
describe("Channel whose client vanished", { concurrency: true }, () => {
  const reason = obstacle();
  if (reason !== undefined) console.error(`NOT TESTED, what becomes of clients that vanish: ${reason}`);

  /** A test on a network, skipped where none can be made; with SKIP_NOTHING, as in CI, that is a failure. */
  const onNetwork = (title, options, test) => {
    it(title, async (t) => {
      if (reason === undefined) await test(await Network.start(t, options));
      else if (process.env.SKIP_NOTHING === undefined) t.skip(reason);
      else assert.fail(reason);
    });
  };

  /** One of two clients vanishes; the server must notice for this reason and keep the other. */
  const notices = (title, options, expected) => {
    onNetwork(title, options, async (network) => {
      const [{ address: lost }, { address: other }] = [await network.connect(1), await network.connect(2)];
      network.vanish(lost);
      assert.equal((await network.event("disconnect", lost)).reason, expected);
      await network.event("end", lost);
      assert.equal(network.hasSeen("disconnect", other), false);
    });
  };

  notices("notices that heartbeats are not acknowledged", { heartbeat: 200, retries: 3 }, "left");
  notices("notices that probes are not answered, when nothing is ever sent", { heartbeat: 0 }, "left");
  notices("notices that nothing is taken, when much is published", { publish: 60_000, stallTimeout: 2000 }, "stalled");

  // Without lowering the kernel's limit, which is a quarter of an hour.
  onNetwork(
    "has its place and its socket no longer than maxConnectionAge",
    { maxConnectionAge: 4000 },
    async (network) => {
      const { address: lost } = await network.connect(1);
      network.vanish(lost);
      assert.equal((await network.event("disconnect", lost)).reason, "aged");
      await network.event("end", lost);
    },
  );

  onNetwork("continues where it was when the network returns in time", { publish: 1000 }, async (network) => {
    const [lost, other] = [await network.connect(1), await network.connect(2)];
    await lost.seen.count(10);
    network.vanish(lost.address);
    await other.seen.count(100);
    network.appear(lost.address);
    const numbers = (await lost.seen.count(200)).map(Number);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => numbers[0] + index),
    );
    assert.equal(network.hasSeen("disconnect", lost.address), false);
  });
});
