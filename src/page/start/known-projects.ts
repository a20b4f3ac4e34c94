import { isActive, newerReport } from "../builds/status.ts";
import { timeTaken } from "../time.ts";
import type { Build, Project } from "../model.ts";

/** The number of durations that the server sends, and that the page keeps. */
const MAX_DURATIONS = 20;

/** The projects that can be built, with the latest state of their builds. */
export class KnownProjects {
  #all: readonly Project[] = [];

  /** The projects, in the order in which the server's answer put them: those with the latest builds first. */
  get all(): readonly Project[] {
    return this.#all;
  }

  /** Takes over an answer of the server. */
  set(projects: readonly Project[]): void {
    this.#all = projects.toSorted((a, b) => lastChange(b).localeCompare(lastChange(a)));
  }

  /** Updates the projects by known builds, among them all that are active, the newest first. */
  note(builds: readonly Build[]): void {
    this.#all = this.#all.map((project) =>
      withBuilds(
        project,
        builds.filter(({ projectPath }) => projectPath === project.path),
      ),
    );
  }
}

function withBuilds(project: Project, builds: readonly Build[]): Project {
  const { last, active, durations } = project;
  const ended = builds.filter((build) => !isActive(build));
  const isNewer = (build: Build): boolean => last === null || build.queuedAt > last.queuedAt;
  const fresh = ended.filter(isNewer);
  const added = fresh.filter(({ status }) => status === "succeeded").map((build) => timeTaken(build, 0) ?? 0);
  const running = builds.find(isActive) ?? active;
  const isOver = running !== null && ended.some(({ id }) => id === running.id);
  return {
    ...project,
    last: fresh[0] ?? last,
    active: running === null || isOver ? null : newerReport(active?.id === running.id ? active : undefined, running),
    durations: [...durations, ...added.toReversed()].slice(-MAX_DURATIONS),
  };
}

/** The time of the latest build; empty without one. */
function lastChange({ active, last }: Project): string {
  return (active ?? last)?.queuedAt ?? "";
}
