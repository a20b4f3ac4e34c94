/** How many characters the lines of encoders have that break what they write: `base64`, and PEM. */
const BASE64_LINE_LENGTHS = [76, 64];

/** Of longer values only the lines are looked for: all forms of one would be many times as long. */
const MAX_ENCODED_LENGTH = 16 * 1024;

/**
 * The texts in which a secret may show up: as it is, each of its lines, escaped for JSON, a shell and URLs, and as
 * base64, also where it is only a part of what was encoded.
 *
 * @param minLength Shorter ones are left out: they would be found in harmless words.
 */
export function secretForms(value: string, minLength: number): string[] {
  // Not half of a surrogate pair, which no encoder takes.
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
    ...[inUrl, inForm].flatMap((form) => [form, form.replaceAll(/%../g, (code) => code.toLowerCase())]),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/**
 * Base64 turns three bytes into four characters, so that a text looks different after one or two other bytes. What
 * depends on its neighbours, too, is left out.
 */
function base64Forms(bytes: Buffer): string[] {
  const aligned = [0, 1, 2].map((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    return all.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6));
  });
  const broken = BASE64_LINE_LENGTHS.flatMap((length) => aligned[0]?.match(new RegExp(`.{1,${length}}`, "g")) ?? []);
  return [...aligned, ...broken];
}
