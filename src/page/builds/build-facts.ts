import type { Build } from "../model.ts";

/** What there is to say about a build beside its state: its package manager, what was chosen for it, and its start. */
export function buildFacts(build: Build): string[] {
  const { packageManager, startedAt } = build;
  const facts = [packageManager, ...choices(build), startedAt === null ? null : `started ${localTime(startedAt)}`];
  return facts.filter((fact) => fact !== null);
}

/** What is as the server would have it by itself goes without saying. */
function choices({ script, install }: Build): (string | null)[] {
  const installs = { auto: null, clean: "clean install", skip: "without install" };
  return [script === null || script === "build" ? null : `script ${script}`, installs[install ?? "auto"]];
}

/** A time of day for today, with the date for another day. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
