import type { FindingId } from "../../dist/doctor/findings/kinds.js";
import type { Arrival, BodyEnd, Exchange } from "../../dist/doctor/request/exchange.js";

/** The findings that are tested with recordings, since a real server would need long or exact times, or much memory. */
export const RECORDED_IDS: readonly FindingId[] = ["bursts", "event-too-large", "idle-cut", "no-heartbeat"];

/** When a recording starts, in milliseconds since 1970. */
export const STARTED_AT = Date.UTC(2026, 0, 1);

/**
 * Makes an exchange of texts with their times.
 *
 * @param pieces - The times in milliseconds since the request, and the texts.
 * @param endAt - The time of the end.
 */
export function record(
  pieces: readonly (readonly [at: number, text: string])[],
  endAt: number,
  end: BodyEnd = "open",
): Exchange {
  const arrivals: readonly Arrival[] = pieces.map(([at, text]) => ({ at, bytes: Buffer.from(text) }));
  return {
    url: new URL("http://127.0.0.1/"),
    status: 200,
    httpVersion: "1.1",
    headers: {},
    headAt: 1,
    startedAt: STARTED_AT,
    arrivals,
    decoded: arrivals,
    end,
    endAt,
  };
}
