import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { follow } from "../../dist/client/index.js";
import { ScriptServer, openStream, status, stream } from "./script-server.ts";

/** An expected event: its data, type and last event ID. */
type Expected = readonly [data: string, type?: string, lastEventId?: string];

/** The cases of public contract suites for clients: the stream, and the events that a client must receive. */
const cases: Record<string, readonly [wire: string, expected: readonly Expected[]]> = {
  "an event with one line": ["data: Hello\n\n", [["Hello"]]],
  "two events": ["data: Hello\n\ndata: World\n\n", [["Hello"], ["World"]]],
  "an event with two lines": ["data: Hello\ndata:World\n\n", [["Hello\nWorld"]]],
  "empty data": ["data:\n\n", [[""]]],
  "a type": ["event: greeting\ndata: Hello\n\n", [["Hello", "greeting"]]],
  "an empty type": ["event:\ndata: Hello\n\n", [["Hello"]]],
  "a type without data, which the next event does not have": ["event: a\n\ndata: Hello\n\n", [["Hello"]]],
  "an id": ["id: abc\ndata: Hello\n\n", [["Hello", "message", "abc"]]],
  "a type and an id": ["event: greeting\nid: abc\ndata: Hello\n\n", [["Hello", "greeting", "abc"]]],
  "an id with NUL, which is ignored": ["id: a\0bc\ndata: Hello\n\n", [["Hello"]]],
  "an id that later events keep": [
    "id: abc\ndata: first\n\ndata: second\n\n",
    [
      ["first", "message", "abc"],
      ["second", "message", "abc"],
    ],
  ],
  "an id that an empty value overrides": [
    "id: abc\ndata: first\n\nid: \ndata: second\n\ndata: third\n\n",
    [["first", "message", "abc"], ["second"], ["third"]],
  ],
  "fields in reverse order": ["data: Hello\nid: abc\nevent: greeting\n\n", [["Hello", "greeting", "abc"]]],
  "an unknown field": ["event: greeting\ncolor: blue\ndata: Hello\n\n", [["Hello", "greeting"]]],
  "names in capital letters, which are unknown": ["DATA: no\nEvent: no\ndata: Hello\n\n", [["Hello"]]],
  "a space before a name or a colon, which makes it unknown": [" data: no\ndata : no\ndata: yes\n\n", [["yes"]]],
  "fields without a space": ["event:greeting\ndata:Hello\n\n", [["Hello", "greeting"]]],
  "fields with two spaces": ["event:  greeting\ndata:  Hello\n\n", [[" Hello", " greeting"]]],
  "a tab after the colon, which is data": ["data:\tHello\n\n", [["\tHello"]]],
  "a colon in the data": ["data: a: b\n\ndata::\n\n", [["a: b"], [":"]]],
  "fields without a colon": ["data\n\ndata\ndata\n\n", [[""], ["\n"]]],
  "characters of several bytes": ["data: €豆腐😀\n\n", [["€豆腐😀"]]],
  "an unfinished event at the end": ["data: a\n\ndata: b\n", [["a"]]],
  "an unfinished line at the end": ["data: a\n\ndata: b", [["a"]]],
  "no event": ["\n\n: nothing\n\n", []],
  "a comment, alone and inside an event": [": one\n\n:two\ndata: a\n:three\ndata: b\n:\n\n:", [["a\nb"]]],
  "a comment that looks like a field": [":data: no\n\n:event: no\ndata: yes\n\n", [["yes"]]],
  "a byte order mark at the start": ["\ufeffdata: Hello\n\n", [["Hello"]]],
  "a byte order mark before a comment": ["\ufeff: comment\ndata: Hello\n\n", [["Hello"]]],
  "two byte order marks": ["\ufeff\ufeffdata: no\n\ndata: yes\n\n", [["yes"]]],
  "a byte order mark at a later event": ["data: a\n\n\ufeffdata: no\n\ndata: \ufeffb\n\n", [["a"], ["\ufeffb"]]],
  "CRLF, LF and CR in one event": ["data: 1\r\ndata: 2\ndata: 3\rdata: 4\r\n\n", [["1\n2\n3\n4"]]],
  "characters that end a line only elsewhere": ["data: a\u2028b\u0085c\vd\fe\n\n", [["a\u2028b\u0085c\vd\fe"]]],
};

for (const [name, end] of Object.entries({ LF: "\n", CRLF: "\r\n", CR: "\r" })) {
  const lines = (...texts: readonly string[]): string => texts.map((text) => text + end).join("");
  Object.assign(cases, {
    [`${name}: events with one and two lines`]: [
      lines("data: 1", "", "data: 2 line 1", "data: 2 line 2", ""),
      [["1"], ["2 line 1\n2 line 2"]],
    ],
    [`${name}: an empty line at the start`]: [lines("data:", "data: 2", "data: 3", ""), [["\n2\n3"]]],
    [`${name}: an empty line in the middle`]: [lines("data: 1", "data:", "data: 3", ""), [["1\n\n3"]]],
    [`${name}: more blank lines`]: [lines("", "data: 1", "", "", "", "data: 2", "", ""), [["1"], ["2"]]],
  });
}

/** Cuts bytes into pieces of this size. */
function cut(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

async function receive(url: string): Promise<Expected[]> {
  const events: Expected[] = [];
  for await (const { data, type, lastEventId } of follow(url, { retry: { initial: 0 } })) {
    events.push([data, type, lastEventId]);
  }
  return events;
}

describe("follow, as contract suites for clients ask", () => {
  for (const [title, [wire, expected]] of Object.entries(cases)) {
    it(`receives ${title}, in chunks of any size`, async () => {
      // Each write is a chunk of HTTP, which the client receives as one chunk.
      for (const size of [1, 2, 7, wire.length * 4]) {
        await using server = await ScriptServer.start(stream(...cut(wire, size)), status(204));
        const complete = expected.map(([data, type = "message", lastEventId = ""]) => [data, type, lastEventId]);
        assert.deepEqual(await receive(server.url), complete, `chunks of ${size} bytes`);
      }
    });
  }

  it("receives an event at the CR of its blank line, without a byte after it", async () => {
    await using server = await ScriptServer.start(openStream("data: a\r\n\r"));
    const follower = follow(server.url);
    assert.equal((await follower.next()).value?.data, "a");
    await follower.return();
  });

  it("receives events of all sizes at once", async () => {
    const sizes = [1, 1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 16_384, 65_535, 65_536, 262_144, 1_048_576];
    const send: ((size: number) => void)[] = [];
    await using server = await ScriptServer.start((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
      send.push((size) => response.write(`data: ${"x".repeat(size)}\n\n`));
    });
    let isOpen = (): void => undefined;
    const opened = new Promise<void>((resolve) => (isOpen = resolve));
    const follower = follow(server.url, { onConnection: ({ state }) => state === "open" && isOpen() });
    const first = follower.next();
    await opened;
    for (const [index, size] of sizes.entries()) {
      send[0]?.(size);
      const { value } = await (index === 0 ? first : follower.next());
      assert.equal(value?.data.length, size);
    }
    await follower.return();
  });

  it("receives many events in one chunk in order", async () => {
    const data = Array.from({ length: 10_000 }, (_, index) => `message ${index}`);
    const wire = data.map((text) => `data: ${text}\n\n`).join("");
    await using server = await ScriptServer.start(stream(wire), status(204));
    assert.deepEqual(
      (await receive(server.url)).map(([text]) => text),
      data,
    );
  });
});
