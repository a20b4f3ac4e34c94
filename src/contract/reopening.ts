import assert from "node:assert/strict";
import { publishAll } from "./log-kit.ts";
import { readPieces } from "./read-pieces.ts";
import { numberedEvents, textsOf } from "./sample-events.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

/** The promises of logs that one process opens several times. */
export const reopening: Checks<LogKit> = {
  "appends to the log when one process closes it and opens it again": async (kit) => {
    const events = numberedEvents(6);
    let log = await kit.open();
    const { epoch } = log;
    const ids: string[] = [];
    for (const first of [0, 2, 4]) {
      ids.push(...(await publishAll(log, events.slice(first, first + 2))));
      await log.close();
      log = await kit.reopen(log);
    }
    assert.deepEqual(ids, events.map((_, index) => `${epoch}-${index + 1}`));
    assert.deepEqual(await readPieces(log, 1, log.end), textsOf(events, epoch));
    await log.complete();
    const other = await kit.open();
    assert.deepEqual([other.end, other.isComplete], [7, true]);
  },

  "keeps the other logs of its process open when it is closed": async (kit) => {
    const log = await kit.open();
    const [kept, closed] = [await kit.reopen(log), await kit.reopen(log)];
    const recorders = [kit.follow(log), kit.follow(kept)];
    const ended = kit.follow(closed);
    // This event is stored, or the promise rejects. The events of the others are stored.
    const pending = closed.publish("at the same time").catch(() => undefined);
    const published = [log.publish("one"), kept.publish("two")];
    await closed.close();
    await closed.close();
    await Promise.all([pending, ...published]);
    const { next } = ended;
    await assert.rejects(closed.publish("too late"), { code: "CHANNEL_CLOSED" });
    const other = await kit.open();
    const id = await other.publish("from another process");
    for (const recorder of recorders) await recorder.until(() => `${log.epoch}-${recorder.next - 1}` === id);
    assert.equal(ended.next, next, "the reports of a closed log");
    await kept.close();
    const { end } = log;
    assert.equal(await log.publish("last"), `${log.epoch}-${end}`);
    await log.refresh();
    assert.equal((await readPieces(log, 1, log.end)).length, end);
  },
};
