import { once, EventEmitter } from "node:events";
import { tmpdir } from "node:os";
import { BuildQueue } from "../../dist/runner/build-queue.js";
import type { TestContext } from "node:test";
import type { BuildQueueOptions } from "../../dist/runner/build-queue-options.js";
import type { BuildEvent } from "../../dist/runner/events.js";
import type { Plan } from "../../dist/runner/planning/plan.js";
import type { Step } from "../../dist/runner/planning/step.js";
import type { BuildRecord } from "../../dist/runner/record.js";

export const FOR_EVER = 2 ** 31 - 1;
let projects = 0;

/** A plan for a project that no other test uses. */
export function plan(steps: readonly Step[], change: Partial<Plan> = {}): Plan {
  const projectPath = `/projects/${projects++}`;
  return { projectPath, projectName: "demo", packageManager: null, reason: "because", warnings: [], steps, ...change };
}

/** A directory that exists, under a name that no other build uses. */
export function ownDirectory(): string {
  return `${tmpdir()}/${"./".repeat(++projects)}`;
}

/** A step that runs a shell script, in a directory that no other build uses. */
export function step(name: string, script: string): Step {
  return { name, command: "/bin/sh", args: ["-c", script], cwd: ownDirectory() };
}

/** The statuses of all builds, the oldest first. */
export function statuses({ queue }: Scene): string[] {
  return queue.list().reverse().map(({ status }) => status);
}

export function isLine(event: BuildEvent, text: string): boolean {
  return event.type === "line" && event.text === text;
}

/** A queue, and its events in the order in which they were emitted. */
export class Scene {
  readonly queue: BuildQueue;
  readonly events: BuildEvent[] = [];
  readonly forgotten: string[] = [];
  readonly #news = new EventEmitter();

  constructor(t: TestContext, { onEvent, ...options }: Partial<BuildQueueOptions> = {}) {
    this.queue = new BuildQueue({
      killGrace: FOR_EVER,
      onForget: (id) => this.forgotten.push(id),
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        this.#news.emit("event");
        return onEvent?.(event);
      },
    });
    t.after(() => this.queue.close());
  }

  /** Resolves with the last record of a build when the build has ended. */
  async end(id: string): Promise<BuildRecord> {
    for (;;) {
      const end = this.events.find((event) => event.type === "end" && event.build.id === id);
      if (end?.type === "end") return end.build;
      await once(this.#news, "event");
    }
  }

  /** Resolves at the next event. */
  async next(): Promise<void> {
    await once(this.#news, "event");
  }

  /** Resolves when a line with this text was emitted. */
  async until(text: string): Promise<void> {
    while (!this.events.some((event) => isLine(event, text))) await once(this.#news, "event");
  }

  /** The events of a build, one line each. Every duration is written as `N s`. */
  story(id: string): string[] {
    return this.events
      .filter((event) => ("buildId" in event ? event.buildId : event.build.id) === id)
      .map((event) => {
        if (event.type === "line") {
          return `${event.step ?? "-"} ${event.stream}: ${event.text.replace(/\d+(\.\d+)? s$/, "N s")}`;
        }
        if (event.type === "hint") return `[hint] ${event.step} ${event.code}`;
        const steps = event.build.steps.map(({ name, status }) => `${name} ${status}`);
        return `[${event.type}] ${[event.build.status, ...steps].join(", ")}`;
      });
  }
}
