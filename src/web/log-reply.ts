import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HttpError } from "../http/http-error.ts";
import { logText } from "../streams/log-text.ts";
import { dropWhenStalled } from "../http/drop-stalled.ts";
import type { Channel } from "../channel/channel.ts";
import type { ClientLimit } from "../channel/clients/client-limit.ts";
import type { Exchange } from "../http/router.ts";

/** How long a client may take nothing of a log that is sent to it as text, in milliseconds. */
const STALL_TIMEOUT = 60_000;

/**
 * Answers with a build's log as text, as it is and as it grows. `?ansi` keeps the colours.
 *
 * @param readers How many may do that at once.
 * @throws {HttpError} `TOO_MANY_CLIENTS`
 */
export async function sendLog(exchange: Exchange, channel: Channel, readers: ClientLimit): Promise<void> {
  const { request, response, query } = exchange;
  // It left while the log was looked for.
  if (response.destroyed) return;
  const refusal = readers.acquire();
  if (refusal !== undefined) throw new HttpError("TOO_MANY_CLIENTS", `Cannot follow the log: ${refusal}`);
  const left = new AbortController();
  // Not only to stop: a reader that waits for the next line would otherwise wait on when its client has gone.
  response.once("close", () => left.abort());
  dropWhenStalled(response, STALL_TIMEOUT);
  try {
    response.writeHead(200, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.flushHeaders();
    const text = logText(channel, { ansi: query.has("ansi"), signal: left.signal });
    await pipeline(Readable.from(text), response);
  } catch (error) {
    // The client left: nobody is there to be told.
    if (!left.signal.aborted) throw error;
  } finally {
    readers.release();
  }
}
