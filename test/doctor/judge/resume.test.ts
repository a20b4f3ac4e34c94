import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeResume } from "../../../dist/doctor/judge/resume.js";
import { record } from "../recordings.ts";
import type { Exchange } from "../../../dist/doctor/request/exchange.js";
import type { Reconnections } from "../../../dist/doctor/judge/resume.js";

const event = (id: string | number): string => `id: ${id}\ndata: text of ${id}\n\n`;

/** A response with these events. */
function events(...ids: readonly (string | number)[]): Exchange {
  return record([[1, ids.map(event).join("")]], 100);
}

/** The findings after a stream with the ids 1 to 6, whose middle is 3. */
function judge(reconnections: Partial<Reconnections>, stream = events(1, 2, 3, 4, 5, 6)): string[] {
  const none = { last: undefined, middle: undefined, unknown: undefined };
  return judgeResume(stream, { ...none, ...reconnections }).map(({ id, evidence }) => `${id}: ${evidence}`);
}

const IDS = "ids: for example 6";

describe("judgeResume", () => {
  it("accepts the later events, none, and 204", () => {
    const right = [IDS, "resume: from two ids"];
    assert.deepEqual(judge({ last: events(7, 8), middle: events(4, 5, 6, 7) }), right);
    assert.deepEqual(judge({ last: events(), middle: events(4, 5, 6) }), right);
    assert.deepEqual(judge({ last: { ...events(), status: 204 }, middle: events(4, 5, 6) }), right);
  });

  it("finds a hole after the last id in numbers, with a prefix too, but not in other ids", () => {
    assert.deepEqual(judge({ last: events(8) }), [IDS, "resume-misses: 8 follows 6"]);
    const named = (id: string): string[] => judge({ last: events(id) }, events("a-9", "a-10"));
    assert.deepEqual(named("a-12"), ["ids: for example a-10", "resume-misses: a-12 follows a-10"]);
    for (const id of ["a-11", "b-12", "a-x", "a-90000"]) assert.equal(named(id)[1], "resume: from the last id", id);
  });

  it("finds missing events after the middle, unless an event of a new type comes first", () => {
    const lost = "3 of 3 events after 3 are missing, the first is 4";
    assert.deepEqual(judge({ middle: events(7, 8) }), [IDS, `resume-misses: ${lost}`]);
    const one = "1 of 3 events after 3 are missing, the first is 5";
    assert.deepEqual(judge({ middle: events(4, 6) })[1], `resume-misses: ${one}`);
    const gap = record([[1, `event: gap\ndata: 4 events\n\n${event(7)}`]], 100);
    assert.deepEqual(judge({ middle: gap })[1], "resume: from two ids");
  });

  it("finds repeated events, and the same ids for other events", () => {
    const repeats = (what: string): string => `resume-repeats: ${what} again, with Last-Event-ID`;
    assert.equal(judge({ last: events(6) })[1], `${repeats("1 event")}: 6`);
    assert.equal(judge({ middle: events(1, 2, 3, 4, 5, 6) })[1], `${repeats("3 events")}: 3`);
    const other = record([[1, "id: 1\ndata: new\n\n"]], 100);
    assert.equal(judge({ last: other })[1], "ids-restart: 1 is another event, with Last-Event-ID: 6");
  });

  it("judges a refusal, and the answers to an unknown id", () => {
    assert.equal(judge({ last: { ...events(), status: 503 } })[1], "resume-fails: status 503");
    const unknown = (exchange: Exchange): string | undefined => judge({ unknown: exchange })[2];
    assert.equal(unknown({ ...events(), status: 400 }), "resume-fails: status 400 to an unknown id");
    assert.equal(unknown(events()), "unknown-id-silent: ");
    assert.equal(unknown(events(7)), "unknown-id-silent: ");
    assert.equal(unknown(events(1, 2)), "unknown-id: the server sends the events that it still has");
    const gap = record([[1, "event: reset\ndata: a\n\n"]], 100);
    assert.equal(unknown(gap), "unknown-id: an event of the type reset");
  });

  it("says that events have no ids", () => {
    assert.deepEqual(judge({}, record([[1, "data: a\n\ndata: b\n\n"]], 100)), ["no-ids: 2 events"]);
    assert.deepEqual(judge({}, record([[1, ":\n"]], 100)), []);
  });
});
