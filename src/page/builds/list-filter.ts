import type { Build, BuildStatus } from "../model.ts";

/** The groups of statuses that the list offers. */
export type StatusGroup = "all" | "active" | "succeeded" | "failed" | "cancelled";

/** The builds that the list shows. */
export interface ListFilter {
  /** The path of the only project that is listed; empty: all. */
  readonly project: string;
  /** A part of a project's name or path, or of an id, as the server searches; empty: all. */
  readonly search: string;
  readonly group: StatusGroup;
}

/** The filter of a list that shows everything. */
export const everything: ListFilter = { project: "", search: "", group: "all" };

const GROUPS: Readonly<Record<Exclude<StatusGroup, "all">, readonly BuildStatus[]>> = {
  active: ["queued", "running"],
  succeeded: ["succeeded"],
  failed: ["failed", "timed-out", "lost"],
  cancelled: ["cancelled"],
};

/** Returns the statuses of a group; `undefined` for all. */
export function statusesOf(group: StatusGroup): readonly BuildStatus[] | undefined {
  return group === "all" ? undefined : GROUPS[group];
}

/** Whether the list shows a build. */
export function isListed(build: Build, { project, search, group }: ListFilter): boolean {
  if (project !== "" && build.projectPath !== project) return false;
  if (statusesOf(group)?.includes(build.status) === false) return false;
  const part = search.toLowerCase();
  return [build.id, build.projectPath, build.projectName].some((text) => text.toLowerCase().includes(part));
}
