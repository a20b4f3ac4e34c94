import { isObject } from "../check-options.ts";
import { HttpError } from "./http-error.ts";
import type { IncomingMessage } from "node:http";

/** The maximum length of a request body, in bytes. It is much longer than any path. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads the fields of a request body, which may be JSON (an object) or a form (`application/x-www-form-urlencoded`,
 * which HTML forms and jQuery send).
 *
 * @throws {HttpError} `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`, `BAD_REQUEST` (not readable, or incomplete).
 */
export async function readFields(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  // jQuery sends a form without fields as an empty body without a type.
  if (type === "" && isEmpty(request)) return {};
  const read = READERS.get(type);
  if (read === undefined) {
    const wanted = [...READERS.keys()].join(" or ");
    throw new HttpError("UNSUPPORTED_MEDIA_TYPE", `Cannot read the request: its Content-Type must be ${wanted}`);
  }
  const bytes = await readBytes(request);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HttpError("BAD_REQUEST", "Cannot read the request: its body is not UTF-8", { cause });
  }
  return read(text);
}

/** Whether a request has no content (RFC 9112 section 6). */
function isEmpty({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}

const READERS: ReadonlyMap<string, (text: string) => Readonly<Record<string, unknown>>> = new Map([
  ["application/json", readJson],
  ["application/x-www-form-urlencoded", (text: string) => Object.fromEntries(new URLSearchParams(text))],
]);

function readJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HttpError("BAD_REQUEST", `Cannot read the request: its body is not JSON (${String(cause)})`, {
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new HttpError("BAD_REQUEST", "Cannot read the request: its body must be a JSON object");
}

function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      // Read and drop the rest, because otherwise the reply could not reach a client that is still writing. The
      // server's request timeout limits the time for this.
      if (size <= MAX_BODY_BYTES) pieces.push(piece);
      else
        reject(
          new HttpError("BODY_TOO_LARGE", `Cannot read the request: its body exceeds ${MAX_BODY_BYTES} bytes`),
        );
    });
    request.once("end", () => resolve(Buffer.concat(pieces)));
    // This has no effect after `end`.
    request.once("close", () => reject(new HttpError("BAD_REQUEST", "Cannot read the request: it is incomplete")));
    request.once("error", () => {});
  });
}
