import type { Build } from "../model.ts";

/** Returns the facts about a build other than its state: its package manager, the chosen options, and its start. */
export function buildFacts(build: Build): string[] {
  const { packageManager, startedAt } = build;
  const facts = [packageManager, ...choices(build), startedAt === null ? null : `started ${localTime(startedAt)}`];
  return facts.filter((fact) => fact !== null);
}

/** Returns the options that differ from the server's defaults. */
function choices({ script, install }: Build): (string | null)[] {
  const installs = { auto: null, clean: "clean install", skip: "without install" };
  return [script === null || script === "build" ? null : `script ${script}`, installs[install ?? "auto"]];
}

/** Formats a time of today without its date, and another with it. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
