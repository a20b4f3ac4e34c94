/** The stream as it arrives: plain and compressed, directly and through nginx, read by several gzip clients. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { after, before, describe, it } from "node:test";
import { BROWSERS } from "./support/browsers.mjs";
import { ChannelServer } from "./support/channel-server.mjs";
import { followWithCurl, followWithNode } from "./support/followers.mjs";
import { startNginx } from "./support/nginx.mjs";
import { openSource } from "./support/page-clients.mjs";
import { until } from "./support/until.mjs";

/** The ways to the server, each with its base address. */
const ROUTES = {
  straight: async (t, server) => server.page,
  "through nginx": async (t, server) => startNginx(t, server.port),
};

const CLIENTS = [
  ...BROWSERS,
  { name: "curl", launch: async () => ({ follow: (t, base) => followWithCurl(t, `${base}/events`) }) },
  { name: "Node's zlib", launch: async () => ({ follow: (t, base) => followWithNode(t, `${base}/events`) }) },
];

/** Follows with this client; resolves with what it receives. */
async function follow(t, client, base) {
  if (client.follow !== undefined) return client.follow(t, base);
  const { page, seen } = await client.open(t, base);
  await openSource(page, `${base}/events`);
  return seen;
}

/** Characters that compress, but not to nothing. */
function text(length) {
  let text = "";
  for (let number = 0; text.length < length; number += 7919) text += number.toString(36).padStart(8);
  return text.slice(0, length);
}

/** Publishes events of very different sizes; each must arrive before the next could push it out. */
async function assertReadableAtOnce(channel, seen) {
  const published = [];
  for (const size of [1, 10, 95, 96, 300, 4000, 17_000, 70_000, 200_000, 2]) {
    const event = text(size);
    published.push(event);
    channel.publish(event);
    await seen.count(published.length);
  }
  assert.deepEqual(seen.items, published);
  seen.items = [];
}

for (const { name, launch } of CLIENTS) {
  describe(`Channel followed by ${name}`, () => {
    let client;
    before(async () => (client = await launch()));
    after(() => client?.close?.());

    for (const [way, open] of Object.entries(ROUTES)) {
      for (const compress of [false, true]) {
        const coded = compress ? "compressed" : "plain";
        it(`${way}, ${coded}: each event is readable at once, and none is missed`, async (t) => {
          const server = await ChannelServer.start(t, { compress });
          const seen = await follow(t, client, await open(t, server));
          await server.clients(1);
          await assertReadableAtOnce(server.channel, seen);
          await server.assertNothingMissed(seen, 3);
          const coding = compress ? "gzip" : undefined;
          assert.deepEqual(
            server.requests.map((request) => request.coding),
            Array(4).fill(coding),
          );
        });
      }
    }
  });
}

/** Requests the stream; resolves with the head of the response and the received bytes. */
async function ask(t, url, headers = {}) {
  const request = get(url, { agent: false, headers });
  t.after(() => request.destroy());
  const [response] = await once(request, "response");
  request.on("error", () => {});
  const answer = { headers: response.headers, bytes: 0, isOver: false, leave: () => request.destroy() };
  response.on("error", () => {});
  response.on("data", (bytes) => (answer.bytes += bytes.length));
  response.on("close", () => (answer.isOver = true));
  return answer;
}

describe("Channel behind nginx", () => {
  it("sends Vary, and asks not to be buffered", async (t) => {
    const server = await ChannelServer.start(t, { compress: true });
    const base = await startNginx(t, server.port);
    for (const [coding, sent] of [
      ["gzip", "gzip"],
      ["gzip;q=0", undefined],
      ["identity", undefined],
      ["br", undefined],
    ]) {
      for (const address of [server.page, base, `${base}/kept-alive`]) {
        const { headers } = await ask(t, `${address}/events`, { "Accept-Encoding": coding });
        assert.equal(headers["content-encoding"], sent, `${coding}: ${address}`);
        assert.equal(headers.vary, "Accept-Encoding");
        assert.equal(headers["content-type"], "text/event-stream");
        // This field is for nginx, which removes it.
        assert.equal(headers["x-accel-buffering"], address === server.page ? "no" : undefined);
      }
    }
  });

  it("works over connections that nginx keeps alive", async (t) => {
    const server = await ChannelServer.start(t, { compress: true });
    const seen = followWithNode(t, `${await startNginx(t, server.port)}/kept-alive/events`);
    await server.clients(1);
    await assertReadableAtOnce(server.channel, seen);
    await server.assertNothingMissed(seen, 3);
  });

  it("would be buffered if it did not ask", async (t) => {
    const server = await ChannelServer.start(t);
    const base = await startNginx(t, server.port);
    const request = get(`${base}/deaf/events`, { agent: false });
    t.after(() => request.destroy());
    request.on("error", () => {});
    let isAnswered = false;
    request.on("response", () => (isAnswered = true));
    await server.clients(1);
    const seen = followWithNode(t, `${base}/events`);
    await server.clients(2);
    server.channel.publish("hello");
    await seen.count(1);
    assert.equal(isAnswered, false, "it came all the same: then the other tests prove nothing");
  });

  it("notices at once that its client left nginx", async (t) => {
    const server = await ChannelServer.start(t, { heartbeat: 0 });
    const base = await startNginx(t, server.port);
    for (const path of ["/events", "/kept-alive/events"]) {
      const { leave } = await ask(t, base + path);
      await server.clients(1);
      leave();
      await server.clients(0);
    }
  });

  it("is not closed as idle, because heartbeats keep it active", async (t) => {
    const silent = await ChannelServer.start(t, { heartbeat: 0 });
    const server = await ChannelServer.start(t, { heartbeat: 200 });
    const cut = await ask(t, `${await startNginx(t, silent.port)}/impatient/events`);
    const followed = await ask(t, `${await startNginx(t, server.port)}/impatient/events`);
    await until(() => cut.isOver);
    const before = followed.bytes;
    await until(() => followed.bytes > before || followed.isOver);
    assert.equal(followed.isOver, false);
  });
});
