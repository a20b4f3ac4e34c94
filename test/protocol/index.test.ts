import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as library from "../../dist/index.js";
import * as protocol from "../../dist/protocol/index.js";

const DIST = new URL("../../dist/", import.meta.url);
const RUNNER = fileURLToPath(new URL("../../test/fixtures/bare-context.mjs", import.meta.url));

const CHECK = `
import { EventStreamDecoder, decodeEventStream, decodeLastEventId, encodeEvent, formatSequenceId, parseSequenceId }
  from "./index.js";
export async function check() {
  const id = formatSequenceId("é".codePointAt(0).toString(36), 7);
  const bytes = new TextEncoder().encode(encodeEvent({ event: "push", id, data: "two\\nlines", comment: "€" }));
  const streamed = [];
  async function* source() { for (const byte of bytes) yield Uint8Array.of(byte); }
  for await (const event of decodeEventStream(source())) streamed.push(event);
  let code;
  try { encodeEvent({ id: "\\n", data: "" }); } catch (error) { code = error.code; }
  const events = new EventStreamDecoder().decode(bytes);
  return { events, streamed, code, position: parseSequenceId(id), header: decodeLastEventId("\\u00c3\\u00a9") };
}`;

describe("tailcast/protocol", () => {
  it("is exported by tailcast, with the same values", () => {
    for (const [name, value] of Object.entries(protocol)) {
      assert.equal((library as Record<string, unknown>)[name], value, name);
    }
  });

  it("runs without any API of Node, and loads only its own folder and the error class", async () => {
    const args = ["--experimental-vm-modules", "--no-warnings", RUNNER, new URL("protocol/", DIST).href, CHECK];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { modules, result } = JSON.parse(stdout) as { modules: string[]; result: unknown };

    const paths = modules.map((url) => url.slice(DIST.href.length)).filter((path) => path !== "protocol/check.js");
    assert.deepEqual(paths.filter((path) => !/^protocol\/[a-z-]+\.js$/.test(path)), ["error.js"]);

    const event = { type: "push", data: "two\nlines", lastEventId: "6h-7" };
    assert.deepEqual(result, {
      events: [event],
      streamed: [event],
      code: "INVALID_EVENT",
      position: { epoch: "6h", sequence: 7 },
      header: "é",
    });
  });
});
