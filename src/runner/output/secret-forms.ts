/** The line lengths of encoders that break lines: `base64`, and PEM. */
const BASE64_LINE_LENGTHS = [76, 64];

/** Longer values are only searched as they are and by line: all their encoded forms would be many times as long. */
const MAX_ENCODED_LENGTH = 16 * 1024;

/**
 * The texts that reveal a secret: the secret itself, each of its lines, and its forms in JSON, HTML, a shell, URLs and
 * base64, also when it is only a part of the encoded data.
 *
 * @param minLength - Shorter forms are dropped: harmless words would contain them.
 */
export function secretForms(value: string, minLength: number): string[] {
  // Without lone surrogates, which encodeURIComponent rejects.
  const whole = value.toWellFormed().trim();
  const forms = [whole, ...whole.split(/[\r\n]+/), ...(whole.length > MAX_ENCODED_LENGTH ? [] : encodedForms(whole))];
  return [...new Set(forms.map((form) => form.trim()))].filter(({ length }) => length >= minLength);
}

function encodedForms(value: string): string[] {
  const base64 = base64Forms(Buffer.from(value));
  return [
    ...jsonForms(value),
    value.replaceAll("'", "'\\''"),
    ...htmlForms(value),
    ...urlForms(value).flatMap((form) => [form, form.replaceAll(/%../g, (code) => code.toLowerCase())]),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** The forms of a value in JSON, as encoders of several languages write it by default. */
function jsonForms(value: string): string[] {
  const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const json = JSON.stringify(value).slice(1, -1);
  const inGo = json.replaceAll(/[<>&]/g, unicode);
  const inPython = json.replaceAll(/[^\0-\x7f]/g, unicode);
  return [json, inGo, inPython, inPython.replaceAll("/", "\\/")];
}

/** The forms of a value in URLs and forms: encoders keep different characters. */
function urlForms(value: string): string[] {
  const part = encodeURIComponent(value);
  const strict = part.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const inForm = new URLSearchParams({ "": value }).toString().slice(1);
  return [part, strict, strict.replaceAll("%2F", "/"), encodeURI(value), inForm];
}

/** The references that most HTML encoders write. */
const HTML_NAMES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** How encoders write a quotation mark and an apostrophe; some encoders leave one of the two unchanged. */
const HTML_QUOTES = ['"', "&quot;", "&#34;", "&#x22;"];
const HTML_APOSTROPHES = ["'", "&#39;", "&#x27;", "&apos;", "&#039;"];

/** The characters that template engines escape in addition: Mustache, and Handlebars. */
const MUSTACHE_CHARACTERS = /[/`=]/g;
const HANDLEBARS_CHARACTERS = /[`=]/g;

/** The forms of a value in the text and the attributes of HTML and XML. */
function htmlForms(value: string): string[] {
  const escaped = value.replaceAll(/[&<>]/g, (character) => HTML_NAMES[character] ?? character);
  const quotes = escaped.includes('"') ? HTML_QUOTES : [""];
  const apostrophes = escaped.includes("'") ? HTML_APOSTROPHES : [""];
  const named = quotes.flatMap((quote) => {
    return apostrophes.map((apostrophe) => escaped.replaceAll('"', quote).replaceAll("'", apostrophe));
  });
  const code = (character: string): string => character.charCodeAt(0).toString(16);
  const engines = [MUSTACHE_CHARACTERS, HANDLEBARS_CHARACTERS].flatMap((characters) => {
    return named.map((form) => form.replaceAll(characters, (character) => `&#x${code(character).toUpperCase()};`));
  });
  const numbers = [
    (character: string) => `&#${character.charCodeAt(0)};`,
    (character: string) => `&#x${code(character)};`,
    (character: string) => `&#x${code(character).toUpperCase()};`,
  ].map((reference) => value.replaceAll(/[&<>"']/g, reference));
  return [...named, ...engines, ...numbers];
}

/**
 * Base64 turns three bytes into four characters, so that a text has another form after one or two other bytes. The
 * characters that also depend on neighbouring bytes are dropped.
 */
function base64Forms(bytes: Buffer): string[] {
  const aligned = [0, 1, 2].map((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    return all.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6));
  });
  const broken = BASE64_LINE_LENGTHS.flatMap((length) => aligned[0]?.match(new RegExp(`.{1,${length}}`, "g")) ?? []);
  return [...aligned, ...broken];
}
