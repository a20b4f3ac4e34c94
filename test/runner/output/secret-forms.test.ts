import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { formatCommand } from "../../../dist/runner/format.js";
import { Mask } from "../../../dist/runner/output/mask.js";
import { secretForms } from "../../../dist/runner/output/secret-forms.js";

/** Masks all forms of a secret in a text. */
function masked(secret: string, text: string): string {
  return new Mask(secretForms(secret, 6)).text(text);
}

function base64(text: string, encoding: "base64" | "base64url" = "base64"): string {
  return Buffer.from(text).toString(encoding);
}

describe("secretForms()", () => {
  const secret = `p"a/s\\s?w'ö rd+>>>~~~`;

  it("contains the secret itself, without white space around it", () => {
    assert.equal(masked(secret, `<${secret}>`), "<***>");
    assert.equal(masked(`  ${secret}\r\n`, `<${secret}>`), "<***>");
  });

  it("contains its forms in JSON, URLs, HTML forms and arguments of commands", () => {
    assert.equal(masked(secret, JSON.stringify({ secret })), '{"secret":"***"}');
    assert.equal(masked(secret, `?a=${encodeURIComponent(secret)}&`), "?a=***&");
    assert.equal(masked(secret, `?a=${encodeURIComponent(secret).replace("%2F", "%2f").toLowerCase()}&`), "?a=***&");
    assert.equal(masked(secret, new URLSearchParams({ a: secret }).toString()), "a=***");
    assert.equal(masked(secret, formatCommand("echo", [secret])), "echo '***'");
  });

  it("contains its HTML and XML forms, with each reference for quotation marks and apostrophes", () => {
    const escaped = (quote: string, apostrophe: string) => `a&amp;b&lt;c&gt;${quote}d${apostrophe}`;
    for (const quote of ['"', "&quot;", "&#34;", "&#x22;"]) {
      for (const apostrophe of ["'", "&#39;", "&#039;", "&#x27;", "&apos;"]) {
        assert.equal(masked(`a&b<c>"d'`, `<p>${escaped(quote, apostrophe)}</p>`), "<p>***</p>");
      }
    }
    assert.equal(masked("abc&def", "?x=abc&amp;def"), "?x=***");
    assert.equal(masked(`abc"def`, "abc&quot;def abc&#39;def"), "*** abc&#39;def");
  });

  it("contains the forms that encoders of other languages and template engines write", () => {
    for (const form of [
      String.raw`a\u003cb\u003e\u0026\"c'd/e=ü(1)`, // Go
      String.raw`a<b>&\"c'd/e=\u00fc(1)`, // Python
      String.raw`a<b>&\"c'd\/e=\u00fc(1)`, // PHP
      "a&lt;b&gt;&amp;&quot;c&#39;d&#x2F;e&#x3D;ü(1)", // Mustache
      "a&lt;b&gt;&amp;&quot;c&#x27;d/e&#x3D;ü(1)", // Handlebars
      "a&#60;b&#62;&#38;&#34;c&#39;d/e=ü(1)",
      "a&#x3c;b&#x3e;&#x26;&#x22;c&#x27;d/e=ü(1)",
      "a&#x3C;b&#x3E;&#x26;&#x22;c&#x27;d/e=ü(1)",
      "a%3Cb%3E&%22c'd/e=%C3%BC(1)", // encodeURI()
      "a%3Cb%3E%26%22c%27d/e%3D%C3%BC%281%29", // Python
      "a%3cb%3e%26%22c%27d%2fe%3d%c3%bc%281%29",
    ]) {
      assert.equal(masked(`a<b>&"c'd/e=ü(1)`, `x${form}y`), "x***y", form);
    }
  });

  it("contains its base64 forms, wherever it is in the encoded data", () => {
    for (const encoding of ["base64", "base64url"] as const) {
      for (let before = 0; before < 10; before++) {
        for (let after = 0; after < 4; after++) {
          const encoded = base64("u".repeat(before) + secret + ":".repeat(after), encoding);
          const text = masked(secret, encoded);
          assert.match(text, /^[\w+/-]*\*\*\*[\w+/=-]*$/, encoded);
          // The last character before the secret and the first one after it also depend on bytes of the secret.
          const start = Math.ceil((before * 4) / 3);
          assert.ok(text.indexOf("***") <= start, encoded);
          assert.ok(text.length - text.indexOf("***") - 3 <= 2 + Math.ceil((after * 4) / 3) + 2, encoded);
        }
      }
    }
  });

  it("contains each line of a secret with several lines, also with other line ends and indented", () => {
    const key = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
    const lines = String(key).trim().split("\n");
    const hidden = lines.map(() => "***");
    assert.equal(masked(String(key), String(key)), `${hidden.join("\n")}\n`);
    const long = lines.map((line) => (line.length < 6 ? line : "***"));
    assert.equal(masked(String(key), lines.join("\r\n")), long.join("\r\n"));
    assert.equal(masked(String(key), `  ${lines.join("\n  ")}`), `  ${long.join("\n  ")}`);
    assert.equal(masked(String(key), JSON.stringify({ key })), '{"key":"***\\n"}');
    assert.equal(masked("ab\ncd\nef", "ab\ncd\nef ab"), "***\n***\n*** ab");
  });

  it("contains its base64 forms with line breaks", () => {
    const long = "0123456789 abcdefghij ".repeat(20);
    for (const length of [64, 76]) {
      const lines = base64(long).match(new RegExp(`.{1,${length}}`, "g")) ?? [];
      assert.ok(lines.length > 5);
      const text = masked(long, lines.join("\n"));
      assert.match(text, /^(\*\*\*\n)+(\*\*\*)?.{0,6}$/);
    }
  });

  it("drops forms that are so short that harmless words contain them", () => {
    assert.ok(secretForms("ab\nabcdef\n", 6).every(({ length }) => length >= 6));
    assert.deepEqual(secretForms("abcde", 12), []);
  });

  it("accepts any text, and encodes no very long one", () => {
    assert.equal(masked("half \ud800 pair", "half \ufffd pair"), "***");
    const long = "x".repeat(20_000);
    assert.deepEqual(secretForms(`${long}\n${long}y`, 6), [`${long}\n${long}y`, long, `${long}y`]);
  });
});
