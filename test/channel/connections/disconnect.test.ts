import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { RawClient, TestServer, dechunk } from "../../support/http.js";
import type { Socket } from "node:net";

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";

/** Resources that are open now, by kind: timers, immediates and sockets among them. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits, turn by turn, until nothing is left of the connections. */
async function settled(channel: Channel, test: TestServer): Promise<void> {
  for (;;) {
    const connections = await new Promise((resolve) => test.server.getConnections((_, count) => resolve(count)));
    if (channel.clientCount === 0 && connections === 0) return;
    await new Promise(setImmediate);
  }
}

async function withChannel(body: (channel: Channel, test: TestServer) => Promise<void>): Promise<void> {
  const channel = new Channel();
  const test = await TestServer.start((request, response) => void channel.handle(request, response));
  // The first connection starts timers of node:http's own that stay.
  const first = new RawClient(test.port).get("/");
  await first.until("retry: ");
  first.socket.destroy();
  await settled(channel, test);
  const before = resources();
  await body(channel, test);
  await settled(channel, test);
  await new Promise(setImmediate);
  assert.deepEqual(resources(), before, "no timer, immediate or socket is left");
  assert.equal(channel.publish("still works").length > 0, true);
  await channel.close();
  await test.close();
}

/** A client that is connected and has read its first bytes. */
async function connected(channel: Channel, port: number): Promise<RawClient> {
  const count = channel.clientCount;
  const client = new RawClient(port).get("/");
  await client.until("retry: ");
  assert.equal(channel.clientCount, count + 1);
  return client;
}

/** A client that does not read, with the server's socket full. */
async function blocked(channel: Channel, port: number): Promise<RawClient> {
  const count = channel.clientCount;
  const client = new RawClient(port, { reads: false }).get("/");
  while (channel.clientCount === count) await new Promise(setImmediate);
  for (let index = 0; index < 200; index++) {
    channel.publish("x".repeat(100_000));
    await new Promise(setImmediate);
  }
  return client;
}

describe("Channel: disconnects", () => {
  it("releases everything when a client closes", () =>
    withChannel(async (channel, { port }) => {
      for (const client of [await connected(channel, port), await connected(channel, port)]) client.socket.destroy();
    }));

  it("releases everything when a client resets", () =>
    withChannel(async (channel, { port }) => {
      (await connected(channel, port)).socket.resetAndDestroy();
    }));

  it("releases everything when a client half-closes, and writes nothing more to it", () =>
    withChannel(async (channel, { port }) => {
      const client = await connected(channel, port);
      client.socket.end();
      while (channel.clientCount > 0) {
        channel.publish("x");
        await new Promise(setImmediate);
      }
      await client.closed();
    }));

  it("releases everything when a client leaves while it is blocked", () =>
    withChannel(async (channel, test) => {
      (await blocked(channel, test.port)).socket.destroy();
      await settled(channel, test);
      (await blocked(channel, test.port)).socket.resetAndDestroy();
    }));

  it("sends the written bytes to a client that half-closes while it is blocked, and removes it", () =>
    withChannel(async (channel, { port }) => {
      const client = await blocked(channel, port);
      client.socket.end();
      client.resume();
      client.socket.resume();
      await client.closed();
    }));

  it("releases everything when the server drops the connection", () =>
    withChannel(async (channel, test) => {
      const client = await connected(channel, test.port);
      test.server.closeAllConnections();
      await client.closed();
    }));

  it("survives a reset at every byte of the request", () =>
    withChannel(async (_, test) => {
      for (let length = 1; length <= REQUEST.length; length++) {
        const socket: Socket = connect(test.port, "127.0.0.1");
        socket.on("error", () => {});
        await once(socket, "connect");
        socket.write(REQUEST.slice(0, length), () => socket.resetAndDestroy());
        await once(socket, "close");
      }
    }));

  it("survives many clients that connect and leave at once", () =>
    withChannel(async (channel, { port }) => {
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          Array.from({ length: 40 }, async (_, index) => {
            const client = new RawClient(port).get("/");
            if (index % 2 === 0) await client.until("retry: ");
            channel.publish("x");
            client.socket.destroy();
          }),
        );
      }
    }));

  it("leaves no listener on a socket that is used again", async () => {
    const channel = new Channel();
    let listeners: Record<string, number>[] = [];
    const test = await TestServer.start((request, response) => {
      const { socket } = request;
      const names = ["drain", "close", "error", "end", "timeout", "data", "finish"];
      listeners.push(Object.fromEntries(names.map((name) => [name, socket.listenerCount(name)])));
      if (request.url === "/end") response.end();
      else {
        const client = channel.handle(request, response);
        channel.publish("a");
        client?.close();
      }
    });
    const client = new RawClient(test.port);
    for (let round = 1; round <= 3; round++) {
      client.received = "";
      client.get("/");
      await client.until("0\r\n\r\n");
      assert.equal(dechunk(client.body).isComplete, true);
      while (channel.clientCount > 0) await new Promise(setImmediate);
    }
    client.get("/end", ["Connection: close"]);
    await client.closed();
    const [first, ...others] = listeners;
    for (const other of others) assert.deepEqual(other, first);
    listeners = [];
    await channel.close();
    await test.close();
  });
});
