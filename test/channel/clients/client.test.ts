import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";

describe("ChannelClient", () => {
  it("shows how it started, and can be closed by the server", async (t) => {
    const clients: unknown[] = [];
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      const client = channel.handle(request, response);
      clients.push([client?.start, client?.lastEventId]);
      client?.close();
    });
    channel.publish("a");
    await (await EventClient.open(port, "/")).ended();
    await (await EventClient.open(port, "/", { "Last-Event-ID": "e-0" })).ended();
    await (await EventClient.open(port, "/", { "Last-Event-ID": "x" })).ended();
    assert.deepEqual(clients, [
      ["fresh", ""],
      ["resumed", "e-0"],
      ["gap", "x"],
    ]);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.dismissed, 3);
  });
});

describe("ChannelClient.closed and ChannelClient.signal", () => {
  it("report the end of the connection with its reason, before and after it", async (t) => {
    const { channel, port } = await startChannel(t);
    const open = await EventClient.open(port, "/");
    const [client] = channel.clients;
    assert.ok(client !== undefined);
    const { signal, closed } = client;
    assert.equal(signal.aborted, false);
    open.close();
    assert.equal(await closed, "left");
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as { code?: string }).code, "CLIENT_LEFT");
    assert.equal(await client.closed, "left");
    assert.equal(client.signal, signal);
  });

  it("report the server's reason to a late caller", async (t) => {
    const { channel, port } = await startChannel(t);
    const open = await EventClient.open(port, "/");
    const [client] = channel.clients;
    client?.close();
    await open.ended();
    await until(() => channel.clientCount === 0);
    assert.equal(client?.signal.aborted, true);
    assert.equal((client.signal.reason as { code?: string }).code, "CHANNEL_CLOSED");
    assert.equal(await client.closed, "dismissed");
  });
});
