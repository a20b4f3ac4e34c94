import { EventStreamDecoder } from "../protocol/decode.ts";
import { plainText } from "./plain-text.ts";
import type { Channel } from "../channel/channel.ts";
import type { DecodedEvent } from "../protocol/decode.ts";

/**
 * A build's log as text, one line for each line of output, decoded from the very stream that clients get. It goes on
 * until the build ends.
 *
 * @param options - `ansi`: keep the colours. `signal`: stop.
 */
export async function* logText(
  channel: Channel,
  options: { ansi: boolean; signal: AbortSignal },
): AsyncGenerator<string, void, undefined> {
  const decoder = new EventStreamDecoder();
  for await (const bytes of channel.read("", options.signal)) {
    const text = decoder
      .decode(bytes)
      .map((event) => logLine(event, options.ansi))
      .join("");
    if (text !== "") yield text;
  }
}

function logLine(event: DecodedEvent, ansi: boolean): string {
  if (event.type === "line") {
    const { text } = JSON.parse(event.data) as { text: string };
    return `${ansi ? text : plainText(text)}\n`;
  }
  if (event.type === "gap") {
    const { missed } = JSON.parse(event.data) as { missed: number };
    return `[tailcast: ${missed} events are no longer kept]\n`;
  }
  return "";
}
