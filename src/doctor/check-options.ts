import { MAX_DELAY, checkInteger, checkNames, checkTexts, checkValue, kinds } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import type { OptionNames } from "../check-options.ts";

/** The options of `check()`. */
export interface CheckOptions {
  /** How long to read the stream, in milliseconds; 8000 by default. Requests for other questions take a few seconds. */
  readonly watch?: number | undefined;
  /** The origin of a page that reads the stream, for example `https://app.example`. Without it, CORS is not checked. */
  readonly origin?: string | undefined;
  /** Headers of each request. `Authorization` and `Cookie` are not sent to another origin after a redirect. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The body of a POST, for APIs that stream their answer. The check then sends only this request, and once, because
   * a repetition may cost something. Without it, the method is GET.
   */
  readonly body?: string | undefined;
}

/** Checked options. */
export interface CheckSettings {
  readonly url: URL;
  readonly watch: number;
  readonly origin: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const NAMES: OptionNames<CheckOptions> = { watch: true, origin: true, headers: true, body: true };

/** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function readCheckOptions(url: string | URL, options: CheckOptions): CheckSettings {
  checkNames(options, NAMES);
  const { watch = 8000, origin, headers = {}, body } = options;
  checkTexts("headers", Object.entries(checkValue("headers", headers, kinds.object)).flat());
  const target = readUrl(url);
  return {
    url: target.url,
    watch: checkInteger("watch", watch, { min: 100, max: MAX_DELAY }),
    origin: origin === undefined ? undefined : readOrigin(origin),
    headers: { ...target.headers, ...headers },
    body: body === undefined ? undefined : checkValue("body", body, kinds.text),
  };
}

/** A name and a password in the URL become a header, as in browsers, so that no report shows them. */
function readUrl(url: string | URL): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  const parsed = parseHttpUrl(String(url));
  if (parsed === undefined) {
    throw invalidOption("url", "it must be an absolute URL of http or https, such as http://127.0.0.1:3000/events");
  }
  const { username, password } = parsed;
  Object.assign(parsed, { hash: "", username: "", password: "" });
  if (username === "" && password === "") return { url: parsed, headers: {} };
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { url: parsed, headers: { Authorization: `Basic ${credentials.toString("base64")}` } };
}

function readOrigin(origin: string): string {
  const parsed = parseHttpUrl(checkValue("origin", origin, kinds.filledText));
  if (parsed === undefined || !/^\/?$/.test(parsed.pathname + parsed.search)) {
    throw invalidOption("origin", "it must be an origin without a path, such as https://app.example");
  }
  return parsed.origin;
}

/** Returns the URL if it is one of http or https. */
export function parseHttpUrl(text: string, base?: string): URL | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}
