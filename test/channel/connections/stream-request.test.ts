import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { acceptsEventStream, prefersGzip } from "../../../dist/http/accept.js";
import { addressKey } from "../../../dist/http/address-key.js";
import { jittered } from "../../../dist/channel/clients/jitter.js";
import { ClientLimit } from "../../../dist/channel/clients/client-limit.js";
import { readFetch, readIncoming } from "../../../dist/channel/connections/stream-request.js";
import type { IncomingMessage } from "node:http";

describe("acceptsEventStream()", () => {
  const cases: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, true],
    ["", true],
    ["text/event-stream", true],
    ["TEXT/Event-Stream", true],
    ["*/*", true],
    ["text/*", true],
    ["text/html, */*;q=0.1", true],
    ["application/json", false],
    ["text/html,application/xhtml+xml", false],
    ["text/event-stream;q=0", false],
    ["text/event-stream;q=0, */*", false],
    ["*/*;q=0", false],
    ["*/*;q=0, text/event-stream", true],
    ["text/*;q=0, */*", false],
    ["text/event-stream ; q=0.001", true],
    ["text/event-stream;q=0.000", false],
    ["text/event-stream;charset=utf-8", true],
    ["application/json, text/event-stream", true],
    ["rubbish", true],
    ["rubbish, application/json", false],
    ["text/event-stream;q=nonsense", true],
  ];
  for (const [accept, expected] of cases) {
    it(`${expected ? "takes" : "refuses"} ${JSON.stringify(accept)}`, () =>
      assert.equal(acceptsEventStream(accept), expected));
  }
});

describe("addressKey()", () => {
  it("counts an IPv4 address as one, also when mapped into IPv6", () => {
    assert.equal(addressKey("192.0.2.1"), "192.0.2.1");
    assert.equal(addressKey("::ffff:192.0.2.1"), "192.0.2.1");
    assert.equal(addressKey("::FFFF:192.0.2.1"), "192.0.2.1");
  });

  it("counts an IPv6 /64 as one, however it is written", () => {
    const key = "2001:db8:0:7::/64";
    for (const address of [
      "2001:db8:0:7::1",
      "2001:db8::7:1:2:3:4",
      "2001:0DB8:0000:0007:aaaa:bbbb:cccc:dddd",
      "2001:db8:0:7::",
    ]) {
      assert.equal(addressKey(address), key, address);
    }
    assert.equal(addressKey("fe80::1%eth0"), "fe80:0:0:0::/64");
    assert.equal(addressKey("::1"), "0:0:0:0::/64");
  });

  it("leaves alone a text that is not an address", () => assert.equal(addressKey("user 7"), "user 7"));
});

describe("prefersGzip()", () => {
  const cases: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, false],
    ["", false],
    ["gzip", true],
    ["GZIP", true],
    ["x-gzip", true],
    ["gzip, deflate, br, zstd", true],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
    ["*", true],
    ["*;q=0", false],
    ["gzip;q=0", false],
    ["gzip;q=0, *", false],
    ["identity", false],
    ["identity, gzip;q=0.5", false],
    ["identity;q=0.5, gzip", true],
    ["br", false],
  ];
  for (const [header, expected] of cases) {
    it(`${expected ? "compresses" : "does not compress"} for ${JSON.stringify(header)}`, () =>
      assert.equal(prefersGzip(header), expected));
  }
});

const PLAIN = {
  method: "GET",
  accept: undefined,
  acceptEncoding: undefined,
  lastEventId: "",
  wantsPadding: false,
  origin: undefined,
  preflightMethod: undefined,
  preflightHeaders: undefined,
};

describe("readIncoming()", () => {
  const read = (url: string | undefined, header?: string): unknown =>
    readIncoming({ method: "GET", url, headers: { "last-event-id": header } } as unknown as IncomingMessage);

  it("prefers the header to the query", () => {
    assert.deepEqual(read("/?lastEventId=q", "h"), { ...PLAIN, lastEventId: "h" });
    assert.deepEqual(read("/?lastEventId=q"), { ...PLAIN, lastEventId: "q" });
    assert.deepEqual(read("/?lastEventId=a%2Bb%20c"), { ...PLAIN, lastEventId: "a+b c" });
    assert.deepEqual(read("/?evs_last_event_id=q"), { ...PLAIN, lastEventId: "q" });
    assert.deepEqual(read("/?lastEventId=q", ""), { ...PLAIN, lastEventId: "q" });
  });

  it("reads the header's bytes as UTF-8", () => {
    assert.deepEqual(read("/", Buffer.from("größe 7 €").toString("latin1")), { ...PLAIN, lastEventId: "größe 7 €" });
  });

  it("recognizes clients that ask for padding", () => {
    assert.deepEqual(read("/?padding=true"), { ...PLAIN, wantsPadding: true });
    assert.deepEqual(read("/?evs_preamble"), { ...PLAIN, wantsPadding: true });
  });

  it("survives every request target", () => {
    for (const url of [undefined, "*", "//", "/%", "http://[", "http://x/?lastEventId=%", "/?%zz=1"]) {
      assert.doesNotThrow(() => read(url));
    }
  });
});

describe("readFetch()", () => {
  it("reads the same of a request of the Fetch standard", () => {
    const headers = {
      "Last-Event-ID": Buffer.from("größe 7").toString("latin1"),
      Accept: "text/html",
      "Accept-Encoding": "gzip",
    };
    assert.deepEqual(readFetch(new Request("http://localhost/?padding=1", { headers })), {
      ...PLAIN,
      accept: "text/html",
      acceptEncoding: "gzip",
      lastEventId: "größe 7",
      wantsPadding: true,
    });
    assert.deepEqual(readFetch(new Request("http://localhost/?lastEventId=7")), { ...PLAIN, lastEventId: "7" });
  });
});

describe("ClientLimit", () => {
  it("lets a released place be acquired at once", () => {
    const places = new ClientLimit(2, Infinity);
    assert.equal(places.acquire("a"), undefined);
    assert.equal(places.acquire("b"), undefined);
    for (let round = 0; round < 1000; round++) {
      assert.match(places.acquire("c") ?? "", /limit of 2 clients/);
      places.release("b");
      assert.equal(places.acquire("b"), undefined);
    }
  });

  it("limits each address separately", () => {
    const places = new ClientLimit(10, 1);
    assert.equal(places.acquire("a"), undefined);
    assert.match(places.acquire("a") ?? "", /one address/);
    assert.equal(places.acquire("b"), undefined);
    places.release("a");
    assert.equal(places.acquire("a"), undefined);
  });
});

describe("jittered()", () => {
  it("stays between the delay and twice the delay, and varies", () => {
    const delays = Array.from({ length: 100 }, () => jittered(1000));
    assert.ok(delays.every((delay) => delay >= 1000 && delay <= 2000 && Number.isInteger(delay)));
    assert.ok(new Set(delays).size > 10);
  });
});
