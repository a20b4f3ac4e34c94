import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { HiddenServersEnd } from "../../dist/http/server-end.js";
import { rawClient } from "../support/channel.js";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// `NodeServerEnd` is tested in test/channel/close-on-signal.test.ts.
describe("HiddenServersEnd", () => {
  it("ends the idle connections of a server that another part of the process closes", async (t) => {
    const end = new HiddenServersEnd();
    let answer: (response: ServerResponse) => void = () => undefined;
    const asked = new Promise<ServerResponse>((resolve) => (answer = resolve));
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      if (request.url === "/slow") answer(response);
      else response.end("idle");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const [silent, idle, slow] = [rawClient(t, port), rawClient(t, port), rawClient(t, port)];
    await once(silent.socket, "connect");
    await idle.get("/").until("idle");
    slow.get("/slow");
    const response = await asked;
    const closed = once(server, "close");
    server.close();
    await end.close();
    await Promise.all([silent.closed(), idle.closed()]);
    end.drop();
    response.end("slow");
    assert.match(await slow.closed(), /\r\n\r\nslow$/);
    await closed;
  });
});
