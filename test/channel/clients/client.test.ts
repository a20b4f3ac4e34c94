import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";

describe("ChannelClient", () => {
  it("tells how it started, and can be closed by the server", async (t) => {
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
