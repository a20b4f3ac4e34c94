import type { Build, LogLine, Project, Step } from "../../dist/page/model.js";

/** A build as the server describes it; just queued, apart from `changes`. */
export function sampleBuild(changes: Partial<Build> = {}): Build {
  return {
    id: "one",
    projectPath: "/projects/one",
    projectName: "one",
    packageManager: "npm",
    nodeVersion: null,
    script: "build",
    install: "auto",
    variables: [],
    color: null,
    lastOutputAt: null,
    status: "queued",
    queuePosition: null,
    message: null,
    hint: null,
    git: null,
    result: null,
    steps: [],
    estimatedDuration: null,
    queuedAt: "2026-01-01T10:00:00.000Z",
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

/** A step that has not started, apart from `changes`. */
export function sampleStep(changes: Partial<Step> = {}): Step {
  return {
    name: "install",
    command: "npm ci",
    status: "pending",
    exitCode: null,
    signal: null,
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

/** A project that was never built, apart from `changes`. */
export function sampleProject(changes: Partial<Project> = {}): Project {
  return { path: "/projects/one", name: "one", builds: 0, last: null, active: null, durations: [], ...changes };
}

/** A line of standard output. */
export function sampleLine(number: number, text: string, changes: Partial<LogLine> = {}): LogLine {
  return { number, step: "install", stream: "stdout", text, time: "2026-01-01T10:00:00.000Z", ...changes };
}
