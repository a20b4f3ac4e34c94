import { serverText } from "../words/server-words.ts";
import { locale, words } from "../words/words.ts";
import type { Build } from "../model.ts";

/**
 * Returns the facts about a build other than its state: its package manager, the chosen options, and its start.
 *
 * @param reason - The reason for the plan, as the log says it; empty if it is not known. It names the package manager.
 */
export function buildFacts(build: Build, reason = ""): string[] {
  const { packageManager, startedAt } = build;
  const start = startedAt === null ? null : words().startedAt(localTime(startedAt));
  const [cause] = serverText(reason).split(/[;；]/, 1);
  return [cause || packageManager, ...choices(build), start].filter((fact) => fact !== null);
}

/** Returns the options that differ from the server's defaults. */
function choices({ script, install }: Build): (string | null)[] {
  const { cleanInstall, updateInstall, withoutInstall } = words();
  const installs = { auto: null, clean: cleanInstall, update: updateInstall, skip: withoutInstall };
  return [script === null || script === "build" ? null : words().scriptFact(script), installs[install ?? "auto"]];
}

/** Formats a time of today without its date, and another with it. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(locale(), isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
