import { words } from "../words/words.ts";
import type { Build, BuildStatus, StepStatus } from "../model.ts";

const titleMarks: Readonly<Record<BuildStatus, string>> = {
  queued: "\u25cb",
  running: "\u25b6\ufe0e",
  succeeded: "\u2713",
  failed: "\u2717",
  cancelled: "\u2298",
  "timed-out": "\u2717",
  lost: "?",
};

/** Returns the word for a status. An icon or a colour never stands without it. */
export function statusWord(status: BuildStatus | StepStatus): string {
  return words().status[status];
}

/** Whether a build is queued or running. */
export function isActive(build: Build): boolean {
  return build.status === "queued" || build.status === "running";
}

/** Returns the tab's title. It begins with the state, because a narrow tab shows only the beginning. */
export function pageTitle(build: Build | undefined): string {
  return build === undefined ? "tailcast" : `${titleMarks[build.status]} ${build.projectName} - tailcast`;
}

/**
 * Returns the newer of two reports on one build. A list that was requested before an event can arrive after it. A build
 * only moves from queued to running to its end, so the report that is further along is the newer one.
 */
export function newerReport(known: Build | undefined, incoming: Build): Build {
  return known !== undefined && progress(known) > progress(incoming) ? known : incoming;
}

/** Adds a build to builds that are sorted newest first, or replaces the older report on it. */
export function withBuild(builds: readonly Build[], incoming: Build): readonly Build[] {
  const known = builds.find((build) => build.id === incoming.id);
  const report = newerReport(known, incoming);
  if (known !== undefined) return builds.map((build) => (build === known ? report : build));
  const place = builds.findIndex((build) => isOlder(build, report));
  return builds.toSpliced(place === -1 ? builds.length : place, 0, report);
}

/** Ids also sort by age; they order builds of the same moment as the server does. */
function isOlder(build: Build, other: Build): boolean {
  return build.queuedAt === other.queuedAt ? build.id < other.id : build.queuedAt < other.queuedAt;
}

function progress(build: Build): number {
  // A queued build only moves forward, too.
  if (build.status === "queued") return -(build.queuePosition ?? Infinity);
  if (build.status !== "running") return Number.MAX_SAFE_INTEGER;
  // Each start and each end of a step moves a running build forward.
  return 1 + build.steps.reduce((sum, step) => sum + (step.startedAt ? 1 : 0) + (step.finishedAt ? 1 : 0), 0);
}
