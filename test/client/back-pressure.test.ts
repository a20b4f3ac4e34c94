import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { follow } from "../../dist/client/index.js";
import { ScriptServer, status } from "./script-server.ts";
import type { Answer } from "./script-server.ts";

const MIB = 1024 * 1024;
const EVENT = `data: ${"x".repeat(65_528)}\n\n`;
/** The stream has 1 GiB: far more than all buffers between the two ends. */
const COUNT = (1024 * MIB) / EVENT.length;

/** Sends the whole stream as fast as the client reads it. */
function flood(progress: { sent: number }): Answer {
  return async (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (let count = 0; count < COUNT; count++) {
      progress.sent += EVENT.length;
      if (response.write(EVENT)) continue;
      await once(response, "drain");
    }
    response.end();
  };
}

describe("follow with a slow loop", () => {
  it("keeps no bytes of the stream that it has read", async () => {
    let count = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const isLast = ++count === 2000;
        controller.enqueue(isLast ? Buffer.from("data: end\n\n") : new Uint8Array(65_536).fill(10));
      },
    });
    const fetch = async (): Promise<Response> =>
      new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    for await (const { data } of follow("http://127.0.0.1/", { fetch })) {
      assert.equal(data, "end");
      break;
    }
    const { arrayBuffers } = process.memoryUsage();
    assert.ok(arrayBuffers < 64 * MIB, `${arrayBuffers} of ${count * 65_536} bytes are in memory`);
  });

  it("makes the server wait, and loses nothing", { timeout: 60_000 }, async () => {
    const progress = { sent: 0 };
    await using server = await ScriptServer.start(flood(progress), status(204));
    let count = 0;
    let mostUnread = 0;
    for await (const { data } of follow(server.url, { retry: { initial: 0 } })) {
      assert.equal(data.length, EVENT.length - 8);
      if (count++ === 0) {
        // Wait until the server stays blocked: its buffers and those of the kernel are full.
        for (let sent = -1; sent !== progress.sent;) {
          sent = progress.sent;
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      }
      mostUnread = Math.max(mostUnread, progress.sent - count * EVENT.length);
    }
    assert.equal(count, COUNT);
    // All that the server has sent and the loop has not received is in memory, of the kernel or of the process.
    assert.ok(mostUnread < 32 * MIB, `${mostUnread} bytes were waiting`);
  });
});
