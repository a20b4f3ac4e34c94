import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { describe, it } from "node:test";
import { createGunzip, crc32, gunzipSync, inflateRawSync } from "node:zlib";
import { EncodedBytes } from "../../../dist/channel/log/encoded-bytes.js";
import { combine, shiftBy } from "../../../dist/channel/connections/crc32.js";
import { GZIP_HEAD, GzipSum, deflateWhole } from "../../../dist/channel/connections/gzip.js";
import { startChannel, until } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";
import type { IncomingMessage } from "node:http";

const samples = [
  "x",
  "a line",
  ":\n",
  "x".repeat(95),
  "x".repeat(96),
  "ab".repeat(50_000),
  "größe ✓\n".repeat(100),
  "x".repeat(70_000),
];
const noise = Buffer.concat(
  Array.from({ length: 100 }, (_, index) => createHash("sha256").update(String(index)).digest()),
);

describe("combine()", () => {
  it("gives the checksum of the whole from those of the parts", () => {
    let text = "";
    let crc = 0;
    for (const sample of samples) {
      text += sample;
      crc = combine(crc, crc32(sample), shiftBy(Buffer.byteLength(sample)));
      assert.equal(crc, crc32(text));
    }
    assert.equal(combine(crc, crc32(""), shiftBy(0)), crc, "nothing changes nothing");
  });

  it("knows parts of any length", () => {
    for (const length of [1, 2, 3, 255, 256, 65_535, 1_000_003]) {
      const zeros = Buffer.alloc(length);
      assert.equal(
        combine(crc32("before"), crc32(zeros), shiftBy(length)),
        crc32(Buffer.concat([Buffer.from("before"), zeros])),
      );
    }
  });
});

describe("deflateWhole()", () => {
  it("makes blocks that follow any others and end on a byte border", () => {
    const contents = [...samples.map((sample) => Buffer.from(sample)), noise];
    const last = Buffer.from([3, 0]);
    for (const content of contents) {
      assert.deepEqual(inflateRawSync(Buffer.concat([deflateWhole(content), last])), content);
      const twice = Buffer.concat([deflateWhole(noise), deflateWhole(content), deflateWhole(content), last]);
      assert.deepEqual(inflateRawSync(twice), Buffer.concat([noise, content, content]));
    }
  });

  it("stores incompressible bytes, at a cost of five bytes", () => {
    assert.equal(deflateWhole(noise).length, noise.length + 5);
    assert.equal(deflateWhole(Buffer.from(":\n")).length, 7);
    assert.ok(deflateWhole(Buffer.from("x".repeat(1000))).length < 50);
  });
});

describe("GzipSum", () => {
  it("ends a member that any decoder accepts as a whole", () => {
    const sum = new GzipSum();
    const parts: Buffer[] = [GZIP_HEAD];
    for (const sample of samples) {
      const chunk = new EncodedBytes(sample);
      sum.add(chunk);
      parts.push(chunk.deflated.payload);
    }
    assert.equal(gunzipSync(Buffer.concat([...parts, sum.tail])).toString(), samples.join(""));
    assert.throws(() => gunzipSync(Buffer.concat([...parts.slice(0, -1), sum.tail])), /incorrect (data|length) check/);
  });
});

/** A gzip client that sees each piece as soon as it can be decoded. */
async function open(
  port: number,
  headers: Record<string, string> = {},
): Promise<{ response: IncomingMessage; text: () => string; ended: Promise<void> }> {
  const response = await new Promise<IncomingMessage>((resolve) => {
    request({ port, headers: { "Accept-Encoding": "gzip", ...headers }, agent: false }, resolve).end();
  });
  let text = "";
  const gunzip = response.pipe(createGunzip());
  gunzip.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const ended = new Promise<void>((resolve, reject) => gunzip.once("end", resolve).once("error", reject));
  return { response, text: () => text, ended };
}

describe("Channel: compression", () => {
  it("gives every gzip client the same bytes, readable at once, with a correct end", async (t) => {
    const { channel, port } = await startChannel(t, { compress: true });
    const early = await open(port);
    assert.equal(early.response.headers["content-encoding"], "gzip");
    assert.equal(early.response.headers.vary, "Accept-Encoding");
    channel.publish("one");
    await until(() => early.text().endsWith("data: one\n\n"));
    for (let index = 0; index < 50; index++) channel.publish(`line ${index} ${"x".repeat(index * 10)}`);
    await until(() => early.text().includes("line 49"));
    const late = await open(port, { "Last-Event-ID": "e-20" });
    const plain = await EventClient.open(port, "/", { "Last-Event-ID": "e-0" });
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(plain.headers.vary, "Accept-Encoding");
    channel.publish("last");
    channel.end();
    await Promise.all([early.ended, late.ended, plain.ended()]);
    const expected = plain.events.map(({ data, lastEventId }) => `id: ${lastEventId}\ndata: ${data}\n\n`);
    assert.equal(expected.length, 52);
    assert.equal(early.text(), `retry: 2000\n${expected.join("")}`);
    assert.equal(late.text(), `retry: 2000\n${expected.slice(20).join("")}`);
  });

  it("compresses heartbeats, gaps and farewells as well", async (t) => {
    const { channel, port } = await startChannel(t, { compress: true, heartbeat: 30, capacity: 1 });
    channel.publish("a");
    channel.publish("b");
    const client = await open(port, { "Last-Event-ID": "x-1" });
    await until(() => client.text().includes(":\n:\n"));
    await channel.close({ retry: 0 });
    await client.ended;
    assert.match(client.text(), /^retry: 2000\nevent: gap\nid: e-1\ndata: .*\n\nid: e-2\ndata: b\n\n(:\n)+retry: 0\n$/);
  });

  it("compresses only with the option, and for clients that ask for it", async (t) => {
    const { port } = await startChannel(t, { compress: true });
    const refuses = await EventClient.open(port, "/", { "Accept-Encoding": "gzip;q=0" });
    assert.equal(refuses.headers["content-encoding"], undefined);
    refuses.close();
    const off = await startChannel(t);
    const client = await EventClient.open(off.port, "/", { "Accept-Encoding": "gzip" });
    assert.deepEqual([client.headers["content-encoding"], client.headers.vary], [undefined, undefined]);
    client.close();
  });

  it("adds to the Vary that is there", async (t) => {
    const { channel, port } = await startChannel(t, { compress: true }, (incoming, response) => {
      response.setHeader("Vary", "Origin");
      channel.handle(incoming, response);
    });
    const client = await EventClient.open(port, "/");
    assert.equal(client.headers.vary, "Origin, Accept-Encoding");
    client.close();
  });
});
