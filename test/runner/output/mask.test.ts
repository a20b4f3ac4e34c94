import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Mask } from "../../../dist/runner/output/mask.js";
import { createRandom } from "../../support/random.js";

/** Masks a text that arrives in these pieces. */
function mask(secrets: readonly string[], pieces: readonly string[]): string {
  const stream = new Mask(secrets).stream();
  return pieces.map((piece) => stream.push(piece)).join("") + stream.end();
}

/** Asserts how a text is masked: whole, unit by unit, and cut in two at every place. */
function assertMasked(secrets: readonly string[], text: string, expected: string): void {
  assert.equal(mask(secrets, [text]), expected);
  assert.equal(mask(secrets, text.split("")), expected, "unit by unit");
  for (let cut = 0; cut <= text.length; cut++) {
    assert.equal(mask(secrets, [text.slice(0, cut), text.slice(cut)]), expected, `cut at ${cut}`);
  }
}

/** Masks by brute force: searches every secret at every place. */
function maskSlowly(secrets: readonly string[], text: string): string {
  // The positions of the units that belong neither to an escape sequence nor to the padding of UTF-16.
  const places = [...text.matchAll(/\x1b\[m|\0|[^]/g)]
    .filter(([part]) => part.length === 1 && part !== "\0")
    .map(({ index }) => index);
  const bare = places.map((place) => text[place]).join("");
  const isSecret = new Array<boolean>(text.length).fill(false);
  for (const secret of secrets) {
    for (let at = bare.indexOf(secret); at !== -1; at = bare.indexOf(secret, at + 1)) {
      isSecret.fill(true, places[at], (places[at + secret.length - 1] ?? 0) + 1);
    }
  }
  let masked = "";
  let isNew = true;
  for (let at = 0; at < text.length; at++) {
    if (isSecret[at] !== true) {
      masked += text[at];
      isNew = true;
    } else if (text.startsWith("\x1b[m", at)) {
      masked += "\x1b[m";
      at += 2;
    } else if (text[at] === "\0") {
      masked += "\0";
    } else if (text[at] === "\n") {
      masked += "\n";
      isNew = true;
    } else {
      if (isNew) masked += "***";
      isNew = false;
    }
  }
  return masked;
}

describe("Mask", () => {
  it("replaces every secret, wherever the text is cut", () => {
    assertMasked(["secret", "hunter2"], "my secret is hunter2, secrets!", "my *** is ***, ***s!");
    assertMasked(["secret"], "secret", "***");
    assertMasked(["secret"], "", "");
    assertMasked(["secret"], "sec ret, secre", "sec ret, secre");
    assertMasked(["abc"], "ababc ab", "ab*** ab");
    assertMasked(["pässwörd", "😀😀"], "ein pässwörd 😀😀😀 da", "ein *** *** da");
  });

  it("masks secrets that overlap, touch, or contain each other completely", () => {
    assertMasked(["abcdef", "efghij"], "xabcdefghijx", "x***x");
    assertMasked(["abcdefgh", "cde"], "abcdefgh abcdef", "*** ab***f");
    assertMasked(["abc"], "abcabc abc", "*** ***");
    assertMasked(["aaa"], `b${"a".repeat(50)}b`, "b***b");
    assertMasked(["bcd", "abcdx"], "abcdabcdx", "a***");
  });

  it("keeps the line ends of a secret with several lines", () => {
    assertMasked(["one\ntwo\n"], "zero\none\ntwo\nthree", "zero\n***\n***\nthree");
    assertMasked(["one\ntwo"], "one\nthree\none\ntwo", "one\nthree\n***\n***");
    assertMasked(["one\n\ntwo", "two\n"], "one\n\ntwo\n\n", "***\n\n***\n\n");
  });

  it("finds secrets that contain escape sequences, and keeps the sequences", () => {
    assertMasked(["secret"], "a \x1b[1;31msec\x1b[0m\x1b[4mret\x1b[0m b", "a \x1b[1;31m***\x1b[0m\x1b[4m\x1b[0m b");
    assertMasked(["secret"], [..."secret"].join("\x1b[38;5;1m"), `***${"\x1b[38;5;1m".repeat(5)}`);
    assertMasked(["secret"], "s\x1b[31", "s\x1b[31");
    assertMasked(["secret"], "se\x1bcret s\x1b[ecret", "se\x1bcret s\x1b[ecret");
    assertMasked(["abcabd"], "abc\x1b[mabcabd", "abc\x1b[m***");
  });

  it("finds secrets in UTF-16 output, and keeps its NULs", () => {
    assertMasked(["secret"], "a secret b".split("").join("\0"), "a\0 \0***\0\0\0\0\0\0 \0b");
    assertMasked(["abc"], "\0a\0b\0c\0", "\0***\0\0\0");
    assertMasked(["abc"], "a\0\0\x1b[mbc ab\0c a\0bc", "***\0\0\x1b[m ***\0 ***\0");
    assertMasked(["abc"], "a\0b a\0", "a\0b a\0");
  });

  it("holds back only text that may begin a secret", () => {
    const stream = new Mask(["secret", "first\nsecond"]).stream();
    assert.equal(stream.push("a line\nsecre"), "a line\n");
    assert.equal(stream.push("cy\n"), "secrecy\n");
    assert.equal(stream.push("first\n"), "");
    assert.equal(stream.push("then"), "first\nthen");
    assert.equal(stream.end(), "");
  });

  it("can mask another text after end()", () => {
    const stream = new Mask(["secret"]).stream();
    assert.equal(stream.push("my secret"), "my ");
    assert.equal(stream.end(), "***");
    assert.equal(stream.push("secret sec"), "*** ");
    assert.equal(stream.end(), "sec");
    assert.equal(stream.push("ret"), "ret");
  });

  it("masks the same as a brute-force search, for any secrets, texts and cuts", () => {
    const random = createRandom(1);
    const text = (length: number, units: readonly string[]): string => {
      return Array.from({ length }, () => units[random(units.length)]).join("");
    };
    for (let round = 0; round < 20_000; round++) {
      const secrets = Array.from({ length: 1 + random(4) }, () => text(3 + random(6), ["a", "a", "b", "b", "\n"]));
      const whole = text(random(60), ["a", "a", "a", "b", "b", "b", "c", "\n", "\x1b[m", "\0"]);
      const stream = new Mask(secrets).stream();
      let masked = "";
      for (let at = 0; at < whole.length;) {
        const end = at + 1 + random(8);
        masked += stream.push(whole.slice(at, end));
        at = end;
      }
      masked += stream.end();
      assert.equal(masked, maskSlowly(secrets, whole), JSON.stringify({ secrets, whole }));
    }
  });

  it("needs bounded memory and linear time for every input", () => {
    const secrets = ["a".repeat(1000), `s${"\x1b[m".repeat(3)}ecret`, "secret"];
    const flood = (piece: string): string => {
      const stream = new Mask(secrets).stream();
      let returned = "";
      for (let bytes = 0; bytes < 10e6; bytes += piece.length) returned = stream.push(piece) || returned;
      // Text that was not returned yet is held back.
      assert.ok(stream.end().length <= 256 * 1024);
      return returned;
    };
    assert.equal(flood("x".repeat(65_536)), "x".repeat(65_536));
    assert.equal(flood("a".repeat(65_536)), "***");
    assert.ok(flood("\x1b[m".repeat(20_000)).length > 0);
    assert.ok(flood("s\x1b[m".repeat(20_000)).length > 0);
    const stream = new Mask(secrets).stream();
    assert.equal(stream.push("s"), "");
    let returned = "";
    for (let count = 0; count < 10 && returned === ""; count++) returned = stream.push("\x1b[m".repeat(20_000));
    assert.ok(returned.startsWith("s\x1b[m"), "held back forever");
  });
});
