import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProxyTrust, isAddressRange } from "../../dist/http/proxy-trust.js";

type Row = readonly [trusted: number | string[], peer: string, headers: Record<string, string>, address: string];

const xff = (value: string): Record<string, string> => ({ "x-forwarded-for": value });
const forwarded = (value: string): Record<string, string> => ({ forwarded: value });

/** Where the client's address comes from. */
const ADDRESSES: readonly Row[] = [
  // Nothing is trusted by default.
  [0, "192.0.2.1", xff("198.51.100.7"), "192.0.2.1"],
  [[], "192.0.2.1", xff("198.51.100.7"), "192.0.2.1"],
  [0, "::ffff:192.0.2.1", {}, "192.0.2.1"],
  [1, "", xff("198.51.100.7"), "198.51.100.7"],
  [0, "", {}, ""],
  // A number of hops: what is further left was written by the client.
  [1, "192.0.2.1", xff("203.0.113.9, 198.51.100.7"), "198.51.100.7"],
  [2, "192.0.2.1", xff("203.0.113.9, 198.51.100.7"), "203.0.113.9"],
  [3, "192.0.2.1", xff("203.0.113.9, 198.51.100.7"), "203.0.113.9"],
  [1, "192.0.2.1", {}, "192.0.2.1"],
  // Addresses and ranges.
  [["192.0.2.1"], "192.0.2.1", xff("203.0.113.9, 198.51.100.7"), "198.51.100.7"],
  [["192.0.2.1"], "192.0.2.2", xff("198.51.100.7"), "192.0.2.2"],
  [["10.0.0.0/8"], "::ffff:10.1.2.3", xff("203.0.113.9,10.9.9.9"), "203.0.113.9"],
  [["10.0.0.0/8"], "10.1.2.3", xff("10.0.0.1"), "10.0.0.1"],
  [["fd00::/8", "::1"], "::1", xff("2001:db8::1, fd12::5"), "2001:db8::1"],
  // Ports and brackets.
  [1, "192.0.2.1", xff("198.51.100.7:4711"), "198.51.100.7"],
  [1, "192.0.2.1", xff("[2001:db8::1]:4711"), "2001:db8::1"],
  [1, "192.0.2.1", xff("::ffff:198.51.100.7"), "198.51.100.7"],
  // Malformed: the last address that a trusted proxy reported counts.
  [2, "192.0.2.1", xff("junk, 198.51.100.7"), "198.51.100.7"],
  [1, "192.0.2.1", xff("198.51.100.7, unknown"), "192.0.2.1"],
  [1, "192.0.2.1", xff("198.51.100.7,"), "192.0.2.1"],
  [1, "192.0.2.1", xff(""), "192.0.2.1"],
  [1, "192.0.2.1", xff("fe80::1%eth0"), "192.0.2.1"],
  [1, "192.0.2.1", xff("999.1.1.1"), "192.0.2.1"],
  [1, "192.0.2.1", xff("198.51.100.7\u001b[2J"), "192.0.2.1"],
  // RFC 7239.
  [1, "192.0.2.1", forwarded("for=203.0.113.9, for=198.51.100.7;proto=https"), "198.51.100.7"],
  [2, "192.0.2.1", forwarded('FOR="[2001:db8::1]:99", for=198.51.100.7'), "2001:db8::1"],
  [1, "192.0.2.1", forwarded('for="198.51.\\100.7";by=x'), "198.51.100.7"],
  [2, "192.0.2.1", forwarded('for="a,for=203.0.113.9", for=198.51.100.7'), "198.51.100.7"],
  [1, "192.0.2.1", forwarded("for=_hidden"), "192.0.2.1"],
  [1, "192.0.2.1", forwarded('for="198.51.100.7'), "192.0.2.1"],
  [0, "192.0.2.1", forwarded("for=198.51.100.7"), "192.0.2.1"],
  // Both: a proxy writes one, and passes the client's other one on.
  [1, "192.0.2.1", { ...xff("198.51.100.7"), ...forwarded("for=203.0.113.9") }, "192.0.2.1"],
  [1, "192.0.2.1", { ...xff("198.51.100.7"), ...forwarded("for=198.51.100.7") }, "198.51.100.7"],
];

describe("ProxyTrust", () => {
  for (const [trusted, peer, headers, address] of ADDRESSES) {
    it(`finds "${address}" for ${JSON.stringify({ trusted, peer, headers })}`, () =>
      assert.equal(new ProxyTrust(trusted).read(peer, false, headers).address, address));
  }

  it("accepts the scheme from a trusted proxy only", () => {
    const scheme = (trusted: number, headers: Record<string, string>, isEncrypted = false): string | undefined =>
      new ProxyTrust(trusted).read("192.0.2.1", isEncrypted, headers).scheme;
    const proto = (value: string): Record<string, string> => ({ "x-forwarded-proto": value });
    assert.equal(scheme(0, proto("https")), undefined);
    assert.equal(scheme(0, proto("http"), true), "https");
    assert.equal(scheme(0, {}), undefined);
    assert.equal(scheme(1, proto("https")), "https");
    assert.equal(scheme(1, proto("HTTP")), "http");
    assert.equal(scheme(1, proto("ftp")), undefined);
    assert.equal(scheme(1, proto("https, http")), "http");
    assert.equal(scheme(2, { ...proto("https, http"), ...xff("203.0.113.9, 198.51.100.7") }), "https");
    assert.equal(scheme(2, { ...proto("https"), ...xff("203.0.113.9, 198.51.100.7") }), "https");
    assert.equal(scheme(1, forwarded("for=198.51.100.7;proto=https")), "https");
    assert.equal(scheme(1, { ...proto("https"), ...xff("198.51.100.7"), ...forwarded("for=203.0.113.9") }), undefined);
  });

  it("reads a hostile header in linear time", () => {
    const headers = { ...xff("1.1.1.1,".repeat(100_000)), ...forwarded('"\\",='.repeat(100_000)) };
    const start = performance.now();
    new ProxyTrust(5).read("192.0.2.1", false, headers);
    assert.ok(performance.now() - start < 1000);
  });
});

describe("isAddressRange()", () => {
  it("accepts addresses and ranges only", () => {
    for (const text of ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8", "0.0.0.0/0", "::/128"]) {
      assert.equal(isAddressRange(text), true, text);
    }
    for (const text of ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "fe80::1%lo", "1.2.3"]) {
      assert.equal(isAddressRange(text), false, text);
    }
  });
});
