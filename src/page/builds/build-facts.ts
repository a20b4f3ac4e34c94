import { serverText } from "../words/server-words.ts";
import { locale, words } from "../words/words.ts";
import type { Build } from "../model.ts";

type Git = NonNullable<Build["git"]>;

/** How many of the folders that a build has changed are shown. */
const MAX_FOLDERS = 3;

/**
 * Returns the facts about a build other than its state: its package manager, its Node.js, the chosen options, its
 * commit, its result and its start.
 *
 * @param reason - The reason for the plan, as the log says it; empty if it is not known. It names the first two.
 */
export function buildFacts(build: Build, reason = ""): string[] {
  const { packageManager, nodeVersion, startedAt, git, result } = build;
  const start = startedAt === null ? null : words().startedAt(localTime(startedAt));
  const [cause] = serverText(reason).split(/[;；]/, 1);
  const plan = cause ? [cause] : [packageManager, nodeVersion ? `Node.js ${nodeVersion}` : null];
  const facts = [...plan, ...choices(build), git ? gitText(git) : null, ...folders(result), start];
  return facts.filter((fact) => fact !== null);
}

/** Returns the options that differ from the server's defaults. */
function choices({ script, install }: Build): (string | null)[] {
  const { cleanInstall, updateInstall, withoutInstall } = words();
  const installs = { auto: null, clean: cleanInstall, update: updateInstall, skip: withoutInstall };
  return [script === null || script === "build" ? null : words().scriptFact(script), installs[install ?? "auto"]];
}

/** Returns the branch and the commit of a build, also with the beginning of its message. */
export function gitText({ branch, commit, subject, isDirty }: Git, hasSubject = true): string {
  const names = [branch, commit?.slice(0, 8), hasSubject ? subject : null];
  return words().git(names.filter((name) => name).join(" "), isDirty === true);
}

function folders(result: Build["result"]): string[] {
  const largest = result?.folders.slice(0, MAX_FOLDERS) ?? [];
  return largest.map(({ path, files, bytes, bytesBefore }) => {
    const change = bytesBefore === null ? "" : ` (${size(bytes - bytesBefore, "always")})`;
    return words().folder(path, files, size(bytes) + change);
  });
}

function size(bytes: number, signDisplay?: "always"): string {
  const [unit, divisor] = Math.abs(bytes) < 1e6 ? (["kilobyte", 1e3] as const) : (["megabyte", 1e6] as const);
  const style = { style: "unit", unit, maximumSignificantDigits: 3, signDisplay } as const;
  return new Intl.NumberFormat(locale(), style).format(bytes / divisor);
}

/** Formats a time of today without its date, and another with it. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(locale(), isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
