import { formatAgo, timeTaken } from "../time.ts";
import { words } from "../words/words.ts";
import { gitText } from "./build-facts.ts";
import { outlook } from "./outlook.ts";
import { statusWord } from "./status.ts";
import type { Build } from "../model.ts";

/** A column of the list of builds: its text for a build at a time of the server; empty for a build without it. */
type Column = (build: Build, now: number) => string;

/** The columns, from left to right. */
const columns: readonly Column[] = [
  ({ status }) => statusWord(status),
  (build, now) => {
    const length = timeTaken(build, now);
    if (length === undefined) return "";
    const text = words().duration(length, build.finishedAt === null);
    const { estimatedDuration, finishedAt } = build;
    if (finishedAt === null || !estimatedDuration) return text;
    return words().besideUsual(text, words().duration(estimatedDuration));
  },
  (build, now) => (build.status === "queued" ? outlook(build, now).text : ""),
  ({ git }) => (git ? gitText(git, false) : ""),
  ({ finishedAt }, now) => (finishedAt === null ? "" : formatAgo(now - Date.parse(finishedAt))),
];

/**
 * Returns the line below the name of a build in the list: `Succeeded · 12 s (usually 14 s) · 5 min ago`.
 *
 * @param now - The server's time, in milliseconds since 1970.
 */
export function entryDetail(build: Build, now: number): string {
  const texts = columns.map((text) => text(build, now));
  return texts.filter((text) => text !== "").join(" \u00b7 ");
}
