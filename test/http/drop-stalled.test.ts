import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dropWhenStalled } from "../../dist/http/drop-stalled.js";
import { RawClient, TestServer } from "../support/http.js";

describe("dropWhenStalled()", () => {
  it("drops a client that does not read the bytes that wait for it", async (t) => {
    const server = await TestServer.start((_, response) => {
      dropWhenStalled(response, 50);
      response.write(Buffer.alloc(50_000_000));
    });
    t.after(() => server.close());
    const client = new RawClient(server.port, { reads: false }).get("/");
    await new Promise((resolve) => server.server.once("request", (_, response) => response.once("close", resolve)));
    client.socket.destroy();
  });

  it("leaves a quiet response alone", async (t) => {
    let timeouts = 0;
    const server = await TestServer.start((_, response) => {
      dropWhenStalled(response, 20);
      response.flushHeaders();
      response.on("timeout", () => {
        timeouts++;
        if (timeouts === 3) response.end("still here");
      });
    });
    t.after(() => server.close());
    const client = new RawClient(server.port).get("/", ["Connection: close"]);
    assert.match(await client.closed(), /still here/);
  });
});
