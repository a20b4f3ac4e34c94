import assert from "node:assert/strict";
import { Channel } from "../../../dist/index.js";
import { until } from "./until.mjs";
import { WebServer } from "./web-server.mjs";

/** A channel at `/events` of a server, as a developer embeds it. */
export class ChannelServer {
  channel;
  /**
   * Every request for the stream, in order: its query, its `Last-Event-ID` header, and the status and coding of its
   * answer.
   */
  requests = [];
  #web;

  static async start(t, options = {}) {
    const server = new ChannelServer();
    // So that the tests do not wait for seconds.
    server.channel = new Channel({ retry: 50, ...options });
    server.#web = await WebServer.start(t, (request, response) => {
      server.channel.handle(request, response);
      const { searchParams } = new URL(request.url, "http://localhost");
      const header = request.headers["last-event-id"];
      const coding = response.getHeader("Content-Encoding");
      server.requests.push({ query: Object.fromEntries(searchParams), header, status: response.statusCode, coding });
    });
    return server;
  }

  /** The address of an empty page of this server. */
  get page() {
    return this.#web.url();
  }

  get port() {
    return this.#web.port;
  }

  get events() {
    return `${this.#web.url()}/events`;
  }

  /** Breaks every connection. */
  drop() {
    this.#web.drop();
  }

  /** Waits until `count` clients are connected. */
  async clients(count) {
    await until(() => this.channel.clientCount === count);
  }

  /** Waits until each connection that carries a stream has been sent `count` more bytes. */
  async silentBytes(count) {
    const starts = this.#web.sockets.map((socket) => [socket, socket.bytesWritten]);
    const grown = ([socket, start]) => socket.bytesWritten >= start + count;
    await until(() => starts.filter(grown).length >= this.channel.clientCount);
  }

  /**
   * Publishes numbers while connections break: right behind an event, and with more published while the client is
   * away. The client, whose data end up in `seen`, must get all of them once and in order.
   */
  async assertNothingMissed(seen, rounds = 2) {
    await this.clients(1);
    let number = 0;
    const publish = (count) => {
      while (count-- > 0) this.channel.publish(String(++number));
    };
    for (let round = 0; round < rounds; round++) {
      publish(10);
      await seen.count(number);
      publish(10);
      await new Promise(setImmediate);
      this.drop();
      publish(10);
      await seen.count(number);
    }
    assert.deepEqual(seen.items, Array.from({ length: number }, (_, index) => String(index + 1)));
    const { accepted, gaps } = this.channel.statistics;
    assert.deepEqual({ accepted, gaps }, { accepted: { fresh: 1, resumed: rounds, gap: 0 }, gaps: 0 });
  }
}
