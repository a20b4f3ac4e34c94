import { timeTaken } from "../time.ts";
import type { Build, StepStatus } from "../model.ts";

/** A part of a build's timeline. */
export interface Segment {
  readonly name: string;
  readonly status: StepStatus;
  /** Its share of the timeline, from 0 to 100. */
  readonly share: number;
}

/** The steps of a build in proportion to the time that they took. */
export interface Timeline {
  /** The steps that have started. While the build runs, they fill only the share of its usual time that has passed. */
  readonly segments: readonly Segment[];
  /** Where the usual time ends, from 0 to 100; `undefined` unless the build takes longer. */
  readonly usual: number | undefined;
}

/**
 * Returns the timeline of a build.
 *
 * @param now - The server's time, in milliseconds since 1970.
 */
export function timelineOf(build: Build, now: number): Timeline {
  const { steps, status, estimatedDuration } = build;
  const taken = steps.map((step) => Math.max(0, timeTaken(step, now) ?? 0));
  const passed = taken.reduce((sum, time) => sum + time, 0);
  const usual = estimatedDuration ?? 0;
  const total = Math.max(1, passed, status === "running" ? usual : 0);
  const share = (time: number): number => Math.round((10_000 * time) / total) / 100;
  const segments = steps.flatMap(({ name, status, startedAt }, index) =>
    startedAt === null ? [] : [{ name, status, share: share(taken[index] ?? 0) }],
  );
  return { segments, usual: usual > 0 && passed > usual ? share(usual) : undefined };
}
