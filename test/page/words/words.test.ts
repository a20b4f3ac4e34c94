import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { chinese } from "../../../dist/page/words/chinese.js";
import { english } from "../../../dist/page/words/english.js";
import { chooseLanguage, words } from "../../../dist/page/words/words.js";

type Entry = readonly [name: string, text: string];

/** The names of texts that are not words: they are the same in every language, or only join others. */
const UNTRANSLATED = ["scriptExample", "withReason", "announcement", "withDetail", "languageEnglish"];

/** The elements whose text a script writes before the person can read it. */
const WRITTEN_BY_SCRIPTS = ['id="connection-text"'];

/** Each text of a table; a text with values has the values 7, 8 and 9. */
function texts(table: object, prefix = ""): Entry[] {
  return Object.entries(table).flatMap(([name, text]: [string, unknown]): Entry[] => {
    if (typeof text === "object" && text !== null) return texts(text, `${prefix}${name}.`);
    if (typeof text !== "function") return [[prefix + name, String(text)]];
    const withValues = text as (...values: number[]) => string;
    return [[prefix + name, withValues(7, 8, 9)]];
  });
}

/** The text of an attribute; `undefined` without it. */
function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}

describe("the words", () => {
  it("have the same names in every language", () => {
    const names = (table: object): string[] => texts(table).map(([name]) => name);
    assert.deepEqual(names(chinese), names(english));
  });

  it("hold the same values in every language", () => {
    const values = (table: object): Entry[] => texts(table).map(([name, text]) => [name, digits(text)]);
    const digits = (text: string): string => [...new Set(text.match(/[789]/g))].toSorted().join("");
    assert.deepEqual(values(chinese), values(english));
  });

  it("are Chinese in Chinese, with its punctuation", () => {
    const isForeign = ([name, text]: Entry): boolean =>
      !UNTRANSLATED.includes(name) && (!/\p{Script=Han}/u.test(text) || /\p{Script=Han}[,;:?!()]/u.test(text));
    assert.deepEqual(texts(chinese).filter(isForeign), []);
  });

  it("count one thing in the singular", () => {
    assert.equal(english.linesGone(1), "1 line is no longer available");
    assert.equal(english.linesGone(1000), "1,000 lines are no longer available");
    assert.equal(english.daysAgo(1), "1 day ago");
    assert.equal(chinese.duration(3_780_000), "1 小时 3 分钟");
  });

  it("are English without a document", () => assert.equal(words(), english));
});

describe("chooseLanguage", () => {
  it("takes the first language that the person prefers and the page has", () => {
    assert.equal(chooseLanguage(undefined, ["de-DE", "zh-TW", "en"]), "zh-CN");
    assert.equal(chooseLanguage(undefined, ["en-GB", "zh-CN"]), "en");
    assert.equal(chooseLanguage(undefined, ["de"]), "en");
    assert.equal(chooseLanguage(undefined, []), "en");
  });

  it("prefers a stored language, unless the page does not have it", () => {
    assert.equal(chooseLanguage("zh-CN", ["en"]), "zh-CN");
    assert.equal(chooseLanguage("en", ["zh"]), "en");
    assert.equal(chooseLanguage("tlh", ["zh"]), "zh-CN");
  });
});

for (const file of ["index.html", "sign-in.html"]) {
  describe(file, () => {
    const html = readFileSync(new URL(`../../../src/page/${file}`, import.meta.url), "utf8");
    const body = html.replaceAll(/<noscript>.*?<\/noscript>|<(svg|code)\b.*?<\/\1>/gs, "");
    const texts = new Map<string, unknown>(Object.entries(english));

    it("names the words of every text, and repeats them", () => {
      for (const [, tag = "", content = ""] of body.matchAll(/<([a-z][^>]*)>([^<]*)/g)) {
        const text = content.trim().replaceAll(/\s+/g, " ");
        const isName = text === "" || text === "tailcast" || WRITTEN_BY_SCRIPTS.some((known) => tag.includes(known));
        const name = attribute(tag, "data-words");
        if (name !== undefined || !isName) assert.equal(text, texts.get(name ?? ""), tag);
      }
    });

    it("names the words of every attribute that a person reads, and repeats them", () => {
      const sources = { "aria-label": "data-words-label", title: "data-words-title", placeholder: "data-words-hint" };
      for (const [tag] of body.matchAll(/<[a-z][^>]*>/g)) {
        for (const [target, source] of Object.entries(sources)) {
          const [text, name] = [attribute(tag, target), attribute(tag, source)];
          if (text !== undefined || name !== undefined) assert.equal(text, texts.get(name ?? ""), tag);
        }
      }
    });
  });
}
