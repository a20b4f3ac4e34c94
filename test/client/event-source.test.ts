import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { EventSource } from "../../dist/client/index.js";
import { ScriptServer, openStream, status, stream } from "./script-server.ts";

const QUICK = { retry: { initial: 0, min: 0, max: 0 } };

/** Waits for an event of the source. */
async function event(source: EventSource, type: string): Promise<MessageEvent> {
  return ((await once(source, type)) as [MessageEvent])[0];
}

describe("EventSource", () => {
  it("dispatches events to listeners by type, with origin and last event ID", async () => {
    await using server = await ScriptServer.start(openStream("id: 1\ndata: a\n\nevent: b\ndata: c\n\n"));
    const source = new EventSource(server.url);
    assert.equal(source.readyState, EventSource.CONNECTING);
    const seen: string[] = [];
    source.onopen = () => seen.push(`open ${source.readyState}`);
    source.onmessage = ({ data, lastEventId, origin }) => seen.push(`${data} ${lastEventId} ${origin}`);
    const { data } = await event(source, "b");
    source.close();
    assert.equal(data, "c");
    assert.deepEqual(seen, ["open 1", `a 1 ${new URL(server.url).origin}`]);
    assert.equal(source.readyState, source.CLOSED);
    await server.requests[0]?.closed;
  });

  it("reconnects with the last event ID after the end of the stream", async () => {
    await using server = await ScriptServer.start(stream("id: 9\ndata: a\n\n"), openStream("data: b\n\n"));
    const source = new EventSource(server.url, QUICK);
    const error = event(source, "error").then(() => source.readyState);
    assert.equal((await event(source, "message")).data, "a");
    assert.equal(await error, EventSource.CONNECTING);
    assert.equal((await event(source, "message")).data, "b");
    source.close();
    assert.equal(server.requests[1]?.headers["last-event-id"], "9");
  });

  for (const code of [204, 404, 503]) {
    it(`is closed after ${code}`, async () => {
      await using server = await ScriptServer.start(status(code));
      const source = new EventSource(server.url, QUICK);
      await event(source, "error");
      assert.equal(source.readyState, EventSource.CLOSED);
      assert.equal(server.requests.length, 1);
    });
  }

  it("dispatches nothing after close(), although the chunk has more events", async () => {
    await using server = await ScriptServer.start(openStream("data: a\n\ndata: b\n\n"));
    const source = new EventSource(server.url);
    const seen: string[] = [];
    source.addEventListener("message", (message) => {
      seen.push(String((message as MessageEvent).data));
      source.close();
    });
    await event(source, "message");
    await server.requests[0]?.closed;
    assert.deepEqual(seen, ["a"]);
  });

  it("replaces and removes handlers as an attribute of the standard does", async () => {
    await using server = await ScriptServer.start(openStream("data: a\n\n"));
    const source = new EventSource(server.url);
    const seen: string[] = [];
    const first = (): number => seen.push("first");
    source.onmessage = first;
    assert.equal(source.onmessage, first);
    source.addEventListener("message", () => seen.push("listener"));
    source.onmessage = () => seen.push("second");
    source.onerror = first;
    source.onerror = null;
    assert.equal(source.onerror, null);
    await event(source, "message");
    source.close();
    assert.deepEqual(seen, ["second", "listener"]);
  });

  it("refuses an address that is not a URL with a SyntaxError, as in browsers", () => {
    assert.throws(() => new EventSource("not a url"), { name: "SyntaxError" });
    const options = { withCredentials: 5 as never };
    assert.throws(() => new EventSource("http://127.0.0.1/", options), { code: "INVALID_OPTION" });
  });
});
