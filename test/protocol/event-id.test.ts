import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { assertEventId, decodeLastEventId, MAX_EVENT_ID_BYTES } from "../../dist/protocol/event-id.js";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";

// The bytes that a browser sends for an id, as node:http presents them: one character for each byte of UTF-8.
function headerOf(id: string): string {
  return Buffer.from(id, "utf8").toString("latin1");
}

function isRefused(id: unknown): boolean {
  try {
    assertEventId(id);
    return false;
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, "INVALID_EVENT");
    return true;
  }
}

describe("assertEventId", () => {
  for (const id of ["", "1", "kx3p-42", "a b", "a, b", ":", "é", "€", "🚀", "\uFEFFa", "\u00A0a\u00A0", "a\u0085"]) {
    it(`accepts ${JSON.stringify(id)}`, () => {
      assert.equal(isRefused(id), false);
    });
  }

  for (const id of [" ", " a", "a ", "\ta", "a\t", "\uD800", "a\uDC00b", 0, 1, null, undefined, {}]) {
    it(`refuses ${JSON.stringify(id)}`, () => {
      assert.equal(isRefused(id), true);
    });
  }

  it("refuses each control character of ASCII and no other character of Latin-1", () => {
    for (let code = 0; code <= 0xff; code += 1) {
      assert.equal(isRefused(`a${String.fromCharCode(code)}b`), code < 0x20 || code === 0x7f, `code ${code}`);
    }
  });

  it("counts bytes of UTF-8, not characters", () => {
    for (const character of ["a", "é", "€", "🚀"]) {
      const fitting = character.repeat(MAX_EVENT_ID_BYTES / Buffer.byteLength(character));
      const longest = fitting + "a".repeat(MAX_EVENT_ID_BYTES - Buffer.byteLength(fitting));
      assert.equal(isRefused(longest), false, character);
      assert.equal(isRefused(`${longest}a`), true, character);
    }
  });
});

describe("decodeLastEventId", () => {
  for (const id of ["", "kx3p-42", "é", "Ã©", "€", "🚀", "\uFEFFa", "a\u0085b"]) {
    it(`returns ${JSON.stringify(id)}`, () => {
      assert.equal(decodeLastEventId(headerOf(id)), id);
    });
  }

  it("keeps a header that is Latin-1 and not UTF-8", () => {
    assert.equal(decodeLastEventId("caf\u00E9"), "caf\u00E9");
    assert.equal(decodeLastEventId("\u00E2\u0082"), "\u00E2\u0082");
  });

  it("keeps text that cannot be header bytes", () => {
    for (const id of ["Ã©€", "a\u0141"]) {
      assert.equal(decodeLastEventId(id), id);
    }
  });
});

describe("an event id in a Last-Event-ID header", () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let server: Server;
  let port: number;

  before(async () => {
    server = createServer((req, res) => {
      res.end(JSON.stringify(req.headers["last-event-id"] ?? null));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  after(async () => {
    agent.destroy();
    server.close();
    await once(server, "close");
  });

  async function roundTrip(id: string): Promise<string> {
    const sent = request({ host: "127.0.0.1", port, agent, headers: { "Last-Event-ID": headerOf(id) } });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return decodeLastEventId(JSON.parse(await text(response)));
  }

  // Client libraries refuse these headers, so they go over a bare socket.
  async function sendRaw(header: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    socket.end(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nLast-Event-ID: ${header}\r\n\r\n`, "latin1");
    return text(socket);
  }

  it("returns unchanged for every accepted character", async () => {
    // 300 characters of at most three bytes: always below the limit.
    for (let start = 0x20; start <= 0xffff; start += 300) {
      let id = "|";
      for (let code = start; code < start + 300 && code <= 0xffff; code += 1) {
        const character = String.fromCharCode(code);
        id += isRefused(`|${character}|`) ? "" : character;
      }
      id += "|";
      assertEventId(id);
      assert.equal(await roundTrip(id), id);
    }
  });

  it("returns unchanged with unusual characters at its ends, and at the maximum length", async () => {
    const outer = ["\u00A0a\u00A0", "\u0085a\u0085", "\u2003a\u2003", "\uFEFFa", "a\uFEFF", "🚀", "Ã©", ",a,", '"a"'];
    for (const id of [...outer, "a".repeat(MAX_EVENT_ID_BYTES), "€".repeat(341)]) {
      assertEventId(id);
      assert.equal(await roundTrip(id), id);
    }
  });

  it("would be lost or changed if it were a refused id", async () => {
    for (const control of ["\x01", "\x1f", "\x7f"]) {
      assert.match(await sendRaw(`a${control}b`), /^HTTP\/1\.1 400 /);
    }
    for (const outer of [" a", "a ", "\ta", "a\t"]) {
      assert.match(await sendRaw(outer), /\r\n\r\n.*"a"/s);
    }
  });
});
