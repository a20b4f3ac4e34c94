import { createRandom } from "../../support/random.js";
import { BODY_TYPES, CODINGS, HEADERS, LENGTHS, METHODS, TARGETS, VERSIONS, validRequests } from "./parts.js";
import type { Places } from "./parts.js";

/** How a client cuts its connection. */
export type Cut = "none" | "while-sending" | "before-reply" | "in-reply" | "half-close";

/** Everything that one connection sends, and how it ends. */
export interface Script {
  /** The bytes, one character for each, in the pieces in which they are written. */
  readonly pieces: readonly string[];
  /** The methods of the requests, as far as the server can read them. */
  readonly methods: readonly string[];
  /** Whether the server can read all of them. */
  readonly isValid: boolean;
  readonly cut: Cut;
  /** After how many bytes a client cuts in the request or in the reply. */
  readonly cutAt: number;
  /** Whether a cut is a RST instead of a FIN. */
  readonly isReset: boolean;
  /** How long the client waits for replies, in milliseconds: the server waits for the rest of many requests. */
  readonly patience: number;
}

/** One seeded source of choices. */
export class Choices {
  readonly #random: (limit: number) => number;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  below(limit: number): number {
    return this.#random(limit);
  }

  chance(percent: number): boolean {
    return this.#random(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    // The lists of the grammar are not empty.
    return items[this.#random(items.length)] as Item;
  }
}

/** The script with this number. The same seed, number and places give the same script. */
export function scriptOf(seed: number, number: number, places: Places): Script {
  const choices = new Choices(Math.imul(seed + 1, 0x9e3779b1) ^ number);
  const requests: string[] = [];
  const methods: string[] = [];
  // Requests before the last are valid: the server must read the borders between them as the client does. None of them
  // has `Connection: close`: after it, Node refuses further bytes and destroys the connection, within a reply too.
  for (let left = choices.chance(25) ? choices.below(6) : 0; left > 0; left--) {
    const { method, text } = choices.pick(validRequests(places));
    methods.push(method);
    requests.push(text);
  }
  const isValid = choices.chance(30);
  const last = isValid ? choices.pick(validRequests(places)) : hostileRequest(choices, places);
  methods.push(last.method);
  requests.push(last.text);
  const text = requests.join("");
  const cut = choices.pick<Cut>(["none", "none", "none", "while-sending", "before-reply", "in-reply", "half-close"]);
  return {
    pieces: split(choices, text),
    methods,
    isValid,
    cut,
    cutAt: choices.below(cut === "while-sending" ? text.length : choices.pick([1, 100, 1000, 100_000])),
    isReset: choices.chance(50),
    patience: isValid ? 2000 : choices.pick([5, 20, 60]),
  };
}

function hostileRequest(choices: Choices, places: Places): { method: string; text: string } {
  const method = choices.chance(60)
    ? choices.pick(["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
    : choices.pick(METHODS);
  const target = choices.pick(TARGETS(places));
  const version = choices.chance(80) ? "HTTP/1.1" : choices.pick(VERSIONS);
  const lineEnd = choices.chance(94) ? "\r\n" : choices.pick(["\n", "\r", "\r\r\n", "\n\r"]);
  const headers = choices.chance(90) ? ["Host: localhost"] : [];
  for (let left = choices.below(5); left > 0; left--) {
    const header = choices.pick(HEADERS(places));
    for (let times = choices.chance(90) ? 1 : choices.pick([2, 3, 50, 1100]); times > 0; times--) headers.push(header);
  }
  const body = choices.chance(method === "POST" ? 85 : 20) ? hostileBody(choices, places) : { headers: [], text: "" };
  const head = [`${method} ${target} ${version}`, ...headers, ...body.headers, "", ""].join(lineEnd);
  return { method, text: head + body.text };
}

function hostileBody(choices: Choices, places: Places): { headers: string[]; text: string } {
  const content = choices.pick(places.bodies);
  const headers = [`Content-Type: ${choices.pick(BODY_TYPES)}`];
  const kind = choices.below(6);
  if (kind === 0) return { headers: [...headers, `Content-Length: ${content.length}`], text: content };
  if (kind === 1) {
    const length = choices.pick([content.length + choices.below(100), Math.max(0, content.length - choices.below(9))]);
    return { headers: [...headers, `Content-Length: ${length}`], text: content };
  }
  if (kind === 2) return { headers: [...headers, `Content-Length: ${choices.pick(LENGTHS)}`], text: content };
  const coding = kind === 3 ? "chunked" : choices.pick(CODINGS);
  if (choices.chance(10)) headers.push(`Content-Length: ${content.length}`);
  return { headers: [...headers, `Transfer-Encoding: ${coding}`], text: chunked(choices, content, kind !== 3) };
}

/** A chunked body (RFC 9112 section 7.1); a faulty one has one wrong chunk, or no end. */
function chunked(choices: Choices, content: string, isFaulty: boolean): string {
  const chunks: string[] = [];
  for (let at = 0; at < content.length;) {
    const part = content.slice(at, at + 1 + choices.below(200));
    const extension = choices.chance(10) ? choices.pick([";a=b", ';q="x;\\"y"', ";", ` ;${"e".repeat(300)}`]) : "";
    chunks.push(`${part.length.toString(16)}${extension}\r\n${part}\r\n`);
    at += part.length;
  }
  if (isFaulty) {
    const size = choices.pick(["zz", "-1", "ffffffffffffffff", "", "0x5", "5 5", " 5", "5\r", "00000000000000000005"]);
    chunks.splice(
      choices.below(chunks.length + 1),
      1,
      choices.pick([`${size}\r\nabcde\r\n`, "5\r\nabcdefg\r\n", "5\r\nab"]),
    );
  }
  const trailers = choices.chance(80)
    ? ""
    : choices.pick(["X-T: 1\r\n", "Content-Length: 5\r\n", ": x\r\n", "Host: b\r\n"]);
  return chunks.join("") + (isFaulty && choices.chance(30) ? "" : `0\r\n${trailers}\r\n`);
}

function split(choices: Choices, text: string): string[] {
  const way = choices.below(10);
  if (way < 6) return [text];
  if (way === 6) return [...text.slice(0, 60), text.slice(60)];
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = 1 + choices.below(text.length);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
