import assert from "node:assert/strict";
import { publishAll } from "./log-kit.ts";
import { until } from "./contract-check.ts";
import { readPieces } from "./read-pieces.ts";
import { numberedEvents, textsOf } from "./sample-events.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

/** The promises of `follow` and `refresh`. */
export const following: Checks<LogKit> = {
  "reports only later events to a new follower, and all of them": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const first = kit.follow(log);
    await publishAll(other, numberedEvents(5));
    await first.reaches(6);
    const second = kit.follow(log);
    await publishAll(other, numberedEvents(5, "later"));
    const expected = textsOf([...numberedEvents(5), ...numberedEvents(5, "later")], log.epoch);
    await first.reaches(11);
    await second.reaches(11);
    await log.refresh();
    assert.deepEqual(await first.texts(), expected);
    assert.deepEqual(await second.texts(), expected.slice(5));
  },

  "reports to a follower what happened while the log had none": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    await publishAll(other, numberedEvents(5));
    const { end } = log;
    const recorder = kit.follow(log);
    await recorder.reaches(6);
    assert.deepEqual(await recorder.texts(), textsOf(numberedEvents(5), log.epoch).slice(end - 1));
    recorder.stop();
    await publishAll(other, numberedEvents(5, "later"));
    const again = kit.follow(log);
    await again.reaches(11);
    const all = [...numberedEvents(5), ...numberedEvents(5, "later")];
    assert.deepEqual(await readPieces(log, 1, 11), textsOf(all, log.epoch));
  },

  "stops its reports to a follower that has left": async (kit) => {
    const log = await kit.open();
    const [left, stays] = [kit.follow(log), kit.follow(log)];
    await log.publish("before");
    await left.reaches(2);
    left.stop();
    left.stop();
    await log.publish("after");
    await stays.reaches(3);
    assert.equal(left.next, 2);
  },

  "reports to all followers although one of them throws": async (kit) => {
    const log = await kit.open();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error("a follower of this check throws");
    };
    const stop = log.follow({ onEvents: fail, onReset: fail, onComplete: fail, onFailure: fail });
    const recorder = kit.follow(log);
    await log.publish("one");
    await recorder.reaches(2);
    await log.publish("two");
    await recorder.reaches(3);
    await until(() => calls >= 2, kit.signal);
    await log.complete();
    await recorder.until(() => recorder.completions === 1);
    stop();
    assert.deepEqual(await recorder.texts(), textsOf(["one", "two"], log.epoch));
  },

  "catches up with everything that was stored before the call of refresh": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    let isOver = false;
    // Requests are always under way: an answer to one of them may be older than the call.
    const busy = Promise.all(
      [0, 1].map(async () => {
        while (!isOver && !kit.signal.aborted) await log.refresh();
      }),
    );
    try {
      for (let count = 1; count <= 100; count++) {
        for (let turn = count % 5; turn > 0; turn--) await new Promise(setImmediate);
        await other.publish(`event ${count}`);
        await log.refresh();
        assert.ok(log.end > count, `after event ${count} was stored and the log refreshed, its end is ${log.end}`);
      }
    } finally {
      isOver = true;
      await busy;
    }
  },

  "reports changes before a refresh resolves": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const recorder = kit.follow(log);
    for (let count = 1; count <= 20; count++) {
      await other.publish(`event ${count}`);
      await Promise.all([log.refresh(), log.refresh(), log.refresh()]);
      recorder.assertSound();
      assert.equal(recorder.next, count + 1);
    }
    await other.complete();
    await log.refresh();
    assert.equal(recorder.completions, 1);
  },

  "knows the state of its store when it is opened": async (kit) => {
    const log = await kit.open();
    await publishAll(log, numberedEvents(4));
    const later = await kit.open();
    assert.deepEqual([later.epoch, later.start, later.end], [log.epoch, 1, 5]);
    assert.deepEqual(await readPieces(later, 2, 5), textsOf(numberedEvents(4), log.epoch).slice(1));
  },
};
