import { recall, remember } from "../preferences.ts";
import { chinese } from "./chinese.ts";
import { english } from "./english.ts";
import type { Words } from "./english.ts";

/** The languages of the page, as BCP 47 tags. */
export type Language = "en" | "zh-CN";

/** The name of a text that needs no values. */
export type TextName = { [Name in keyof Words]: Words[Name] extends string ? Name : never }[keyof Words];

const TABLES: Readonly<Record<Language, Words>> = { en: english, "zh-CN": chinese };

/** The attributes of index.html that name a text, each with the attribute that receives it. */
const ATTRIBUTES = { "data-words-label": "aria-label", "data-words-title": "title", "data-words-hint": "placeholder" };

/** The languages that the person prefers, best first. Tests have no document, and read English. */
const preferred: readonly string[] = typeof document === "undefined" ? [] : navigator.languages;

const current = chooseLanguage(recall("language"), preferred);

/** Returns the texts in the language of the page. */
export function words(): Words {
  return TABLES[current];
}

/** Returns the language of the page. */
export function language(): Language {
  return current;
}

/** Returns the locale for dates: the person's own one if it is of the page's language. */
export function locale(): string {
  return preferred.find((tag) => base(tag) === base(current)) ?? current;
}

/** Stores the language in this browser, and loads the page again in it. */
export function setLanguage(chosen: Language): void {
  remember("language", chosen);
  location.reload();
}

/**
 * Chooses the language: the stored one, else the first that the person prefers and the page has, else English.
 *
 * @param stored - The value that {@link setLanguage} stored.
 * @param tags - BCP 47 tags, best first.
 */
export function chooseLanguage(stored: string | undefined, tags: readonly string[]): Language {
  const languages = Object.keys(TABLES) as Language[];
  const ofTag = (tag: string): Language | undefined => languages.find((known) => base(known) === base(tag));
  const chosen = languages.find((known) => known === stored);
  return chosen ?? tags.map(ofTag).find((found) => found !== undefined) ?? "en";
}

/** Writes the texts that the attributes of the document name, and notes the language of the document. */
export function translateDocument(): void {
  document.documentElement.lang = current;
  for (const element of document.querySelectorAll("[data-words]")) {
    element.textContent = words()[element.getAttribute("data-words") as TextName];
  }
  for (const [source, target] of Object.entries(ATTRIBUTES)) {
    for (const element of document.querySelectorAll(`[${source}]`)) {
      element.setAttribute(target, words()[element.getAttribute(source) as TextName]);
    }
  }
}

function base(tag: string): string | undefined {
  return tag.split("-", 1)[0]?.toLowerCase();
}
