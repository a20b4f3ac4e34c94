import assert from "node:assert/strict";
import { parseSequenceId } from "../protocol/sequence-id.ts";
import { publishAll } from "./log-kit.ts";
import { readPieces } from "./read-pieces.ts";
import { numberedEvents, textsOf } from "./sample-events.ts";
import type { SharedLog } from "../channel/history/shared-log.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

async function lose(kit: LogKit, log: SharedLog): Promise<void> {
  await kit.options.lose?.(kit.topic, log);
}

/** The promises of a log whose store has lost events. */
export const losing: Checks<LogKit> = {
  "starts another epoch for all processes when the store has lost events": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const recorders = [kit.follow(log), kit.follow(other)];
    const { epoch } = log;
    await publishAll(log, numberedEvents(3));
    for (const recorder of recorders) await recorder.reaches(4);
    await lose(kit, log);
    const id = await other.publish("after the loss");
    assert.notEqual(parseSequenceId(id)?.epoch, epoch, "the epoch after a loss");
    for (const [index, each] of [log, other].entries()) {
      await each.refresh();
      const recorder = recorders[index];
      recorder?.assertSound();
      assert.equal(recorder?.resets, 1, "the number of reports");
      assert.equal(`${each.epoch}-${each.end - 1}`, id);
      assert.equal(each.end - each.start, 1);
      const [text] = await readPieces(each, each.start, each.end);
      assert.equal(text, `id: ${id}\ndata: after the loss\n\n`);
    }
  },

  "does not continue a reader in another epoch": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const { epoch } = log;
    await publishAll(log, numberedEvents(3));
    await Promise.all([log.refresh(), other.refresh()]);
    const readers = [log.read(1), other.read(2)];
    await lose(kit, log);
    await publishAll(log, numberedEvents(5, "later"));
    for (const reader of readers) {
      const isLoss = (error: unknown): boolean => (error as { code?: unknown }).code !== "LOG_UNAVAILABLE";
      await assert.rejects(reader.next(), isLoss);
      reader.close();
    }
    for (const each of [log, other]) assert.notEqual(each.epoch, epoch, "the epoch after a rejected read");
  },

  "is open again after the loss of a complete log": async (kit) => {
    const log = await kit.open();
    const recorder = kit.follow(log);
    await log.publish("before");
    await log.complete();
    await recorder.until(() => recorder.completions === 1);
    await lose(kit, log);
    await log.refresh();
    assert.deepEqual([log.isComplete, recorder.resets], [false, 1]);
    await log.publish("after");
    await log.complete();
    await recorder.until(() => recorder.completions === 2);
  },
};

/** The promises of a log while its store does not answer. */
export const waiting: Checks<LogKit> = {
  "rejects in bounded time while the store does not answer, and then continues automatically": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const recorder = kit.follow(log);
    await publishAll(log, numberedEvents(3));
    await recorder.reaches(4);
    const reader = log.read(2);
    const restore = await kit.options.interrupt?.(log);
    let stored = 0;
    await log.publish("perhaps").then(
      () => assert.fail("an event was stored without a store"),
      ({ code }: { code?: string }) => {
        assert.ok(code === "LOG_UNAVAILABLE" || code === "LOG_TIMEOUT", `publish rejects with ${code}`);
        // After LOG_TIMEOUT, the event may or may not be stored.
        if (code === "LOG_TIMEOUT") stored = 1;
      },
    );
    await assert.rejects(log.refresh(), { code: "LOG_UNAVAILABLE" });
    await assert.rejects(reader.next(), { code: "LOG_UNAVAILABLE" });
    await assert.rejects(log.refresh(), { code: "LOG_UNAVAILABLE" });
    assert.equal(recorder.failures.length, 1, "the number of reports of one outage");
    await restore?.();
    await publishAll(other, numberedEvents(3, "later"));
    await recorder.until(() => recorder.next >= 7);
    await log.refresh();
    assert.ok(log.end === 7 || log.end === 7 + stored, `the end of the log is ${log.end}`);
    assert.equal(recorder.resets, 0, "an outage is no loss");
    const { bytes } = await reader.next();
    reader.close();
    const [second] = textsOf(numberedEvents(3), log.epoch).slice(1);
    assert.ok(Buffer.from(bytes).toString().startsWith(second ?? ""), "the reader continues after its last event");
    const texts = await recorder.texts();
    assert.deepEqual(texts, await readPieces(log, 1, log.end));
  },
};
