import { EventStreamDecoder } from "../protocol/decode.ts";
import { readLineData } from "./line-data.ts";
import { plainText } from "./plain-text.ts";
import type { Channel } from "../channel/channel.ts";

/**
 * A build's log as text, one line for each line of output, decoded from the very stream that clients get. It goes on
 * until the build ends. Where lines are no longer kept, a line says how many.
 *
 * @param options - `ansi`: keep the colours. `signal`: stop.
 */
export async function* logText(
  channel: Channel,
  options: { ansi: boolean; signal: AbortSignal },
): AsyncGenerator<string, void, undefined> {
  const decoder = new EventStreamDecoder();
  let next = 1;
  for await (const bytes of channel.read({ backlog: "all", signal: options.signal })) {
    let lines = "";
    for (const { type, data } of decoder.decode(bytes)) {
      if (type !== "line") continue;
      const { number, text } = readLineData(data) ?? { number: next, text: data };
      if (number > next) lines += `[tailcast: ${number - next} lines are no longer kept]\n`;
      lines += `${options.ansi ? text : plainText(text)}\n`;
      next = number + 1;
    }
    if (lines !== "") yield lines;
  }
}
