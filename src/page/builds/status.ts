import type { Build, BuildStatus, StepStatus } from "../model.ts";

const words: Readonly<Record<BuildStatus | StepStatus, string>> = {
  queued: "Queued",
  pending: "Pending",
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  "timed-out": "Timed out",
  lost: "Lost",
  skipped: "Skipped",
};

const titleMarks: Readonly<Record<BuildStatus, string>> = {
  queued: "\u25cb",
  running: "\u25b6\ufe0e",
  succeeded: "\u2713",
  failed: "\u2717",
  cancelled: "\u2298",
  "timed-out": "\u2717",
  lost: "?",
};

/** The word a person reads for a status; an icon or a colour never stands alone. */
export function statusWord(status: BuildStatus | StepStatus): string {
  return words[status];
}

/** Whether a build can still change: it waits or runs. */
export function isActive(build: Build): boolean {
  return build.status === "queued" || build.status === "running";
}

/** The tab's title, with the state first because a narrow tab shows only its beginning. */
export function pageTitle(build: Build | undefined): string {
  return build === undefined ? "tailcast" : `${titleMarks[build.status]} ${build.projectName} - tailcast`;
}

/**
 * The newer of two reports on one build. A list that was requested before an event arrived can be answered after it; a
 * build only ever moves from queued to running to an end, so the report that is further along is the newer one.
 */
export function newerReport(known: Build | undefined, incoming: Build): Build {
  return known !== undefined && progress(known) > progress(incoming) ? known : incoming;
}

/** Builds, newest first, with `incoming` in its place. */
export function withBuild(builds: readonly Build[], incoming: Build): readonly Build[] {
  const known = builds.find((build) => build.id === incoming.id);
  const report = newerReport(known, incoming);
  if (known !== undefined) return builds.map((build) => (build === known ? report : build));
  const place = builds.findIndex((build) => isOlder(build, report));
  return builds.toSpliced(place === -1 ? builds.length : place, 0, report);
}

/** Ids sort by age, too, and tell those of the same moment apart as the server does. */
function isOlder(build: Build, other: Build): boolean {
  return build.queuedAt === other.queuedAt ? build.id < other.id : build.queuedAt < other.queuedAt;
}

function progress(build: Build): number {
  // In the queue, too, it only moves forward.
  if (build.status === "queued") return -(build.queuePosition ?? Infinity);
  if (build.status !== "running") return Number.MAX_SAFE_INTEGER;
  // Within a run, every step that starts and every step that ends is one move forward.
  return 1 + build.steps.reduce((sum, step) => sum + (step.startedAt ? 1 : 0) + (step.finishedAt ? 1 : 0), 0);
}
