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
  const inUrl = encodeURIComponent(value);
  const inForm = new URLSearchParams({ "": value }).toString().slice(1);
  const base64 = base64Forms(Buffer.from(value));
  return [
    JSON.stringify(value).slice(1, -1),
    value.replaceAll("'", "'\\''"),
    ...htmlForms(value),
    ...[inUrl, inForm].flatMap((form) => [form, form.replaceAll(/%../g, (code) => code.toLowerCase())]),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** The references that every HTML encoder writes. */
const HTML_NAMES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** How encoders write a quotation mark and an apostrophe; some encoders leave one of the two unchanged. */
const HTML_QUOTES = ['"', "&quot;", "&#34;", "&#x22;"];
const HTML_APOSTROPHES = ["'", "&#39;", "&#x27;", "&apos;", "&#039;"];

/** The forms of a value in the text and the attributes of HTML and XML. */
function htmlForms(value: string): string[] {
  const escaped = value.replaceAll(/[&<>]/g, (character) => HTML_NAMES[character] ?? character);
  const quotes = escaped.includes('"') ? HTML_QUOTES : [""];
  const apostrophes = escaped.includes("'") ? HTML_APOSTROPHES : [""];
  return quotes.flatMap((quote) => {
    return apostrophes.map((apostrophe) => escaped.replaceAll('"', quote).replaceAll("'", apostrophe));
  });
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
