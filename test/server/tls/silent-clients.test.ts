/** Connections over HTTP/2 whose client has left or is silent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { describe, it } from "node:test";
import { RawHttp2Client } from "../../support/http2-client.js";
import { serveTls } from "../../support/tls-server.js";
import type { RequestListener, ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import type { TlsLimits } from "../../../dist/tls-server.js";

/** Starts a server for one client. Resolves with its port, and with the end of the client's connection. */
async function serveOne(
  t: TestContext,
  handle: RequestListener,
  times: Partial<TlsLimits>,
): Promise<{ port: number; connectionEnd: Promise<void> }> {
  let end: () => void;
  const connectionEnd = new Promise<void>((resolve) => (end = resolve));
  const port = await serveTls(t, handle, times, (socket) => socket.once("close", () => end()));
  return { port, connectionEnd };
}

describe("TlsServer: silent clients of HTTP/2", () => {
  it("ends the connection and the request of a client that has left while the server wrote", async (t) => {
    let response: ServerResponse | undefined;
    let isOver: Promise<unknown> | undefined;
    const handle: RequestListener = (_, opened) => {
      response = opened;
      isOver = once(opened, "close");
      opened.write("opening");
    };
    const { port, connectionEnd } = await serveOne(t, handle, { pingInterval: 50 });
    const client = new RawHttp2Client(t, port);
    await client.get("opening");
    await client.resetBetweenWrites(() => response?.write("more"));
    await isOver;
    await connectionEnd;
  });

  it("ends the connection of a client that answers no PING", async (t) => {
    const handle: RequestListener = (_, response) => void response.write("opening");
    const { port, connectionEnd } = await serveOne(t, handle, { pingInterval: 50 });
    const client = new RawHttp2Client(t, port);
    await client.get("opening");
    await connectionEnd;
  });

  it("ends the connection of a client that has sent a GOAWAY and stays connected", async (t) => {
    const handle: RequestListener = (_, response) => void response.end("all");
    const { port, connectionEnd } = await serveOne(t, handle, { pingInterval: 50 });
    const client = new RawHttp2Client(t, port);
    await client.get("all");
    client.goAway();
    await connectionEnd;
  });

  it("keeps the connection of a client that reads much, although it answers no PING", async (t) => {
    const handle: RequestListener = (_, response) => {
      let count = 0;
      const timer = setInterval(() => {
        response.write(Buffer.alloc(64 * 1024));
        if (++count === 60) response.end("the end");
      }, 10);
      response.once("close", () => clearInterval(timer));
    };
    const port = await serveTls(t, handle, { pingInterval: 50 });
    await new RawHttp2Client(t, port).get("the end");
  });

  it("keeps the connection of a client that only answers PINGs", async (t) => {
    const port = await serveTls(t, (_, response) => void response.write("opening"), { pingInterval: 30 });
    const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
    t.after(() => session.destroy());
    const stream = session.request({ ":path": "/" });
    await once(stream, "data");
    for (let count = 0; count < 6; count++) await once(session, "ping");
    assert.deepEqual([session.destroyed, stream.destroyed], [false, false]);
  });
});
