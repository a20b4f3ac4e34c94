// An MCP server whose clients resume their streams after a lost connection: node examples/frameworks/mcp-server.js
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { Channel, EventStreamDecoder, closeOnSignal } from "tailcast";
import { z } from "zod";

/** The messages of one session. Its streams share the log of a channel: the type of an event names its stream. */
class ChannelEventStore {
  #channel = new Channel({ capacity: 10_000 }); // the oldest messages are removed; or give it a `history`
  #newest;

  async storeEvent(streamId, message) {
    this.#newest = this.#channel.publish({ event: streamId, data: JSON.stringify(message) });
    const id = `${streamId}/${this.#newest}`;
    await this.#channel.flushed(); // with a history: stored
    return id;
  }

  async getStreamIdForEventId(id) {
    return id.slice(0, Math.max(0, id.lastIndexOf("/"))) || undefined;
  }

  async replayEventsAfter(lastEventId, { send }) {
    const streamId = await this.getStreamIdForEventId(lastEventId);
    let last = lastEventId.slice(streamId.length + 1);
    const decoder = new EventStreamDecoder();
    do { // again for messages that were stored meanwhile, until there is no newer one
      for await (const bytes of this.#channel.read({ lastEventId: last, until: "now" })) {
        for (const { type, data, lastEventId: id } of decoder.decode(bytes)) {
          if (type === "gap") throw new Error(`messages after ${last} are gone: ${data}`);
          if (type === streamId) await send(`${streamId}/${id}`, JSON.parse(data));
          last = id;
        }
      }
    } while (this.#newest !== undefined && last !== this.#newest);
    return streamId;
  }

  close() {
    return this.#channel.close();
  }
}

function makeServer() {
  const server = new McpServer({ name: "counter", version: "1.0.0" });
  const inputSchema = { to: z.number().int().min(1).max(1000) };
  server.registerTool("count", { description: "Counts slowly", inputSchema }, async ({ to }, extra) => {
    const { progressToken } = extra._meta ?? {};
    for (let progress = 1; progress <= to; progress++) {
      await delay(Number(process.env.STEP ?? 200), undefined, { signal: extra.signal });
      if (progressToken === undefined) continue;
      const params = { progressToken, progress, total: to };
      await extra.sendNotification({ method: "notifications/progress", params });
    }
    return { content: [{ type: "text", text: `counted to ${to}` }] };
  });
  return server;
}

const transports = new Map(); // by the id of a session

async function openSession() {
  const eventStore = new ChannelEventStore();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void transports.set(id, transport),
    eventStore,
    retryInterval: Number(process.env.RETRY ?? 1000),
  });
  transport.onclose = () => {
    transports.delete(transport.sessionId);
    void eventStore.close();
  };
  await makeServer().connect(transport);
  return transport;
}

const server = createServer(async (request, response) => {
  try {
    const id = request.headers["mcp-session-id"];
    const transport = id === undefined ? await openSession() : transports.get(id);
    if (transport === undefined) response.writeHead(404).end(); // the session has ended
    else await transport.handleRequest(request, response);
  } catch (error) {
    console.error(error);
    response.destroy();
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
closeOnSignal(server, { // on SIGTERM
  close: () => Promise.all(Array.from(transports.values(), (transport) => transport.close())),
});
