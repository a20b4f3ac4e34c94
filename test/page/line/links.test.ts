import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linkAddresses } from "../../../dist/page/line/links.js";
import { spansOf } from "../../../dist/page/line/ansi.js";
import { revealHidden } from "../../../dist/page/line/reveal-hidden.js";

/** The links in a line: address, and text if it is not the same. */
function linksIn(line: string): string[] {
  const links = new Map<object, { href: string; text: string }>();
  for (const { link, text } of linkAddresses(revealHidden(spansOf(line)))) {
    if (link !== undefined) links.set(link, { href: link.href, text: (links.get(link)?.text ?? "") + text });
  }
  return [...links.values()].map(({ href, text }) => (href === text ? href : `${href} ${text}`));
}

describe("linkAddresses()", () => {
  it("finds http and https addresses, and nothing else", () => {
    assert.deepEqual(linksIn("see https://example.com/a?b=c#d and HTTP://localhost:3000"), [
      "https://example.com/a?b=c#d",
      "HTTP://localhost:3000",
    ]);
    for (const text of ["javascript:alert(1)", "ftp://a.b", "file:///a", "xhttps:/a", "https://", "http:// a", "a.com"])
      assert.deepEqual(linksIn(text), [], text);
  });

  it("leaves out the punctuation of the sentence", () => {
    assert.deepEqual(linksIn("(see https://example.com/a_(b))."), ["https://example.com/a_(b)"]);
    assert.deepEqual(linksIn('"https://a.b/c", <https://a.b/d>; [https://a.b/e]!'), [
      "https://a.b/c",
      "https://a.b/d",
      "https://a.b/e",
    ]);
  });

  it("finds an address whose colour changes", () => {
    const line = "  \u001b[32m➜\u001b[0m  Local: \u001b[36mhttp://localhost:\u001b[1m5173\u001b[22m/\u001b[0m";
    assert.deepEqual(linksIn(line), ["http://localhost:5173/"]);
  });

  it("does not change where a hyperlink of a program leads", () => {
    const line = "\u001b]8;;https://one.example/\u0007https://two.example/\u001b]8;;\u0007";
    assert.deepEqual(linksIn(line), ["https://one.example/ https://two.example/"]);
  });

  it("ends an address before a hidden character, whose name is no part of it", () => {
    for (const character of ["\u202e", "\u2028", "\x85"])
      assert.deepEqual(linksIn(`see https://a.b/x${character}y`), ["https://a.b/x"]);
    assert.deepEqual(linksIn("https://a.b\u200f/c https://d.e/"), ["https://a.b", "https://d.e/"]);
  });

  it("loses no text", () => {
    const line = "a https://b.c/ d \u001b[31mhttps://e.f/\u001b[0m";
    assert.equal(
      linkAddresses(spansOf(line))
        .map(({ text }) => text)
        .join(""),
      "a https://b.c/ d https://e.f/",
    );
  });
});
