import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer } from "node:http2";
import { connect } from "node:net";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Channel } from "../../dist/channel/channel.js";
import { bufferBytes } from "../support/channel.js";
import { TestServer } from "../support/http.js";
import { StressClient } from "./support/client.js";
import { scenario } from "./support/scenario.js";
import { overHttp } from "./support/transport.js";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Round } from "./support/scenario.js";

const PLACES = 30;
const CYCLES = 5000;
const AT_ONCE = 50;

/** Counts the resources that keep the process alive, by kind: sockets, timers, immediates and others. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Decides about requests now, some turns later, or after a timer, as an application that asks a database does. */
class Gatekeeper {
  pending = 0;
  readonly #round: Round;

  constructor(round: Round) {
    this.#round = round;
  }

  async authorise(): Promise<void> {
    const how = this.#round.between(0, 2);
    if (how === 0) return;
    this.pending++;
    if (how === 1) await this.#round.turns(this.#round.between(1, 6));
    else await delay(this.#round.between(0, 3));
    this.pending--;
  }

  handler(channel: Channel): RequestListener {
    return (request, response) => {
      const answer = this.authorise().then(() => channel.handle(request, response));
      answer.catch((error: unknown) => this.#round.fail(error));
    };
  }
}

function requestText(round: Round): string {
  const request = (): string => {
    const method = round.pick(["GET", "GET", "GET", "GET", "HEAD", "POST"]);
    const version = round.pick(["1.1", "1.1", "1.1", "1.0"]);
    const headers = ["Host: localhost", `Last-Event-ID: e-${round.between(0, 9)}`, "Content-Length: 0"];
    return [`${method} /events HTTP/${version}`, ...headers, "", ""].join("\r\n");
  };
  return Array.from({ length: round.pick([1, 1, 1, 2, 3]) }, request).join("");
}

/** Connects, sends part of a request, a whole one or several, and leaves at any time. */
async function connectAndAbort(round: Round, port: number): Promise<void> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  if (round.chance(95)) {
    await round.until(() => !socket.connecting);
    const text = requestText(round);
    socket.write(round.chance(70) ? text : text.slice(0, round.between(0, text.length)));
    await round.turns(round.between(0, 8));
  }
  // Mostly by a reset, which leaves no port in TIME_WAIT.
  const how = round.between(0, 19);
  if (how === 0) socket.end();
  else if (how < 4) socket.destroy();
  else socket.resetAndDestroy();
  // The server answers by ending its half, or it is the client's turn again.
  for (let turn = 0; how === 0 && turn < 20 && !socket.closed; turn++) await round.turns(1);
  socket.destroy();
}

describe("Channel under stress: clients that abort", () => {
  scenario(`${CYCLES} connect-and-abort cycles leave no client, place, timer or socket behind`, async (round) => {
    const channel = new Channel({ uniqueEpoch: "e", maxClients: PLACES, whenFull: "reject" });
    const gatekeeper = new Gatekeeper(round);
    const test = await TestServer.start(gatekeeper.handler(channel));
    round.after(() => test.close());
    const connections = (): Promise<number> =>
      new Promise((resolve) => test.server.getConnections((_, count) => resolve(count)));
    const settle = async (): Promise<void> => {
      // Connections are accepted in order, so those that left earlier are handled, too.
      const last = new StressClient(round, overHttp(test.port)).connect();
      await round.until(() => last.status !== 0 || !last.isConnected);
      last.leave("destroy");
      while ((await connections()) > 0) await round.turns(1);
      await round.until(() => channel.clientCount === 0 && gatekeeper.pending === 0);
      await round.turns(2);
    };
    for (let sequence = 1; sequence < 10; sequence++) channel.publish("x".repeat(1000));
    // The first connection starts timers of node:http that stay.
    await settle();
    const before = resources();

    let cycles = 0;
    const abortAgain = async (): Promise<void> => {
      while (cycles++ < CYCLES) {
        await connectAndAbort(round, test.port);
        if (round.chance(1)) channel.publish("news");
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, abortAgain));
    await settle();
    assert.deepEqual(resources(), before);
    const { accepted, closed } = channel.statistics;
    assert.ok(accepted.resumed + accepted.gap > CYCLES / 20, "many got as far as a stream");
    assert.equal(accepted.fresh + accepted.resumed + accepted.gap, closed.left);
    await assertRoom(round, channel, overHttp(test.port));
    await channel.close({ deadline: 0 });
  });

  scenario("an aborted Fetch request is noticed, even if others still refer to it", async (round) => {
    const channel = new Channel({ maxClients: PLACES, whenFull: "reject" });
    const aborts = Array.from({ length: PLACES }, () => {
      const abort = new AbortController();
      const { status } = channel.respond(new Request("http://localhost/", { signal: abort.signal }));
      assert.equal(status, 200);
      return abort;
    });
    // Collects garbage: only the channel may still refer to the requests.
    await bufferBytes();
    for (const abort of aborts) abort.abort();
    await round.turns(2);
    assert.equal(channel.clientCount, 0);
  });

  scenario("HTTP/2 streams that are reset at any time free their places", async (round) => {
    const channel = new Channel({ uniqueEpoch: "e", maxClients: PLACES, whenFull: "reject" });
    const gatekeeper = new Gatekeeper(round);
    const handler = gatekeeper.handler(channel);
    const server = createServer((request, response) => {
      handler(request as unknown as IncomingMessage, response as unknown as ServerResponse & { req: IncomingMessage });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    round.after(() => server.close());
    const open = (): ReturnType<typeof connectHttp2> => {
      const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      session.on("error", () => {});
      round.after(() => session.destroy());
      return session;
    };
    for (let connection = 0; connection < 30; connection++) {
      const session = open();
      const streams = Array.from({ length: 20 }, async () => {
        const stream = session.request({ ":path": "/" });
        stream.on("error", () => {});
        stream.resume();
        await round.turns(round.between(0, 10));
        if (round.chance(80)) stream.close(8);
      });
      channel.publish("news");
      await Promise.all(streams);
      // The remaining streams end with their connection.
      if (round.chance(50)) session.destroy();
      else session.close();
      await round.turns(round.between(0, 3));
      session.destroy();
    }
    await round.until(() => channel.clientCount === 0 && gatekeeper.pending === 0);
    const { accepted, closed } = channel.statistics;
    assert.ok(accepted.fresh > 50, `${accepted.fresh} streams were opened`);
    assert.equal(accepted.fresh, closed.left);
    const http1 = await TestServer.start((request, response) => void channel.handle(request, response));
    round.after(() => http1.close());
    await assertRoom(round, channel, overHttp(http1.port));
    await channel.close({ deadline: 0 });
  });
});

/** Asserts that there is room for the original number of clients, and for no more. */
async function assertRoom(round: Round, channel: Channel, transport: ReturnType<typeof overHttp>): Promise<void> {
  const clients = Array.from({ length: PLACES }, () => new StressClient(round, transport).connect());
  await round.until(() => clients.every(({ status }) => status !== 0));
  assert.ok(
    clients.every(({ status }) => status === 200),
    "every place is free",
  );
  assert.equal(channel.clientCount, PLACES);
  const late = new StressClient(round, transport).connect();
  await round.until(() => late.status !== 0);
  assert.equal(late.status, 503);
}
