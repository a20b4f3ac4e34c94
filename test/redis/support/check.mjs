/** Checks the streams of all recorders of one log. */
import assert from "node:assert/strict";

/**
 * Checks that ids are contiguous in each epoch, except where the recorder has noted a gap, and that an id has the same
 * text everywhere.
 *
 * @param {import("./recorder.mjs").Recorder[]} recorders - The recorders of all processes.
 */
export function assertStreams(recorders) {
  const known = new Map();
  for (const { texts, notes } of recorders) {
    let epoch;
    let next;
    for (const text of texts) {
      const [, id, ofEpoch, digits] = /^id: ((\S+)-(\d+))$/m.exec(text);
      const sequence = Number(digits);
      if (ofEpoch === epoch && sequence !== next) {
        assert.ok(notes.includes(`gap ${next}-${sequence - 1}`), `${id} follows ${next - 1}: ${notes.join(" ")}`);
      }
      [epoch, next] = [ofEpoch, sequence + 1];
      assert.equal(known.get(id) ?? text, text);
      known.set(id, text);
    }
  }
}

/** Calls `action` and resolves with its result, or its error, and the time that it took in milliseconds. */
export async function timed(action) {
  const began = performance.now();
  const [result] = await Promise.allSettled([action()]);
  return { ...result, time: performance.now() - began };
}

/** Publishes the texts one after the other; each is tried again until the log has it. Returns the ids. */
export async function publishAll(log, texts) {
  const ids = [];
  for (const text of texts) {
    for (;;) {
      try {
        ids.push(await log.publish(text));
        break;
      } catch (error) {
        if (error.code !== "LOG_UNAVAILABLE") throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  return ids;
}
