import type { BuildRecord } from "./record.ts";

/**
 * The end of a build whose server ended while it ran, or waited and cannot run any more.
 *
 * @param message One sentence about the end.
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

/** Says where a build was when its server ended. */
export function describeLoss({ steps, startedAt }: BuildRecord): string {
  if (startedAt === null) return "lost: the server ended while the build was waiting";
  const running = steps.find(({ status }) => status === "running");
  return `lost: the server ended while ${running === undefined ? "the build was between its steps" : `${running.name} was running`}`;
}
