/** The thread of {@link PatternRows}. */
import { linePattern } from "../../terminal/line-pattern.ts";
import { textRanges } from "./text-ranges.ts";
import type { PatternReply, PatternRequest } from "./pattern-rows.ts";

function reply(message: PatternReply): void {
  postMessage(message);
}

addEventListener("message", ({ data }: MessageEvent<PatternRequest>) => {
  const pattern = linePattern(data.query, "g");
  reply(data.texts.map((text) => textRanges(pattern, text)));
});
reply("ready");
