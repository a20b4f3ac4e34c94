import type { BuildRecord } from "../record.ts";

/**
 * The record of a build whose server ended while it was running, or while it was queued and can no longer run.
 *
 * @param message - One sentence about the end.
 */
export function lostRecord(record: BuildRecord, message: string, finishedAt: string): BuildRecord {
  return {
    ...record,
    status: "lost",
    queuePosition: null,
    message,
    steps: record.steps.map((step) => {
      if (step.status === "running") return { ...step, status: "lost", finishedAt };
      return step.status === "pending" ? { ...step, status: "skipped" } : step;
    }),
    finishedAt,
  };
}

/** Describes where a build was when its server ended. */
export function describeLoss({ steps, startedAt }: BuildRecord): string {
  if (startedAt === null) return "lost: the server ended while the build was waiting";
  const running = steps.find(({ status }) => status === "running");
  const place = running === undefined ? "the build was between its steps" : `${running.name} was running`;
  return `lost: the server ended while ${place}`;
}

/** Describes why a build that was queued when its server ended cannot run. */
export function describeLossInQueue(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `lost: the server ended while the build was waiting, and it cannot be planned again (${reason})`;
}
