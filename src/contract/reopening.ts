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
};
