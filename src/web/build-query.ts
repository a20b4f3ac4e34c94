import { isBuildId } from "../runner/build-id.ts";
import { buildStatuses } from "../runner/record.ts";
import { HttpError } from "../http/http-error.ts";
import type { BuildRecord, BuildStatus } from "../runner/record.ts";

/** The builds that a request selects, and their maximum number. */
export interface BuildQuery {
  /** The path or the name of a project. `undefined`: builds of all projects. */
  readonly project: string | undefined;
  /** A part of the name or the path of a project, or of the id. `undefined`: all builds. */
  readonly search: string | undefined;
  /** The statuses of the builds. Empty: builds with any status. */
  readonly statuses: ReadonlySet<BuildStatus>;
  readonly limit: number;
  /** Selects builds that are older than the build with this id, which may have been removed. */
  readonly before: string | undefined;
}

/** One page of a list, the newest build first. */
export interface BuildPage {
  readonly builds: readonly BuildRecord[];
  /** The `before` of the next page; `null` on the last page. */
  readonly next: string | null;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/**
 * Reads `?project=`, `?search=`, `?status=` (repeated, or separated by commas), `?limit=` and `?before=`.
 *
 * @throws {HttpError} `BAD_REQUEST` for an invalid or empty value.
 */
export function readBuildQuery(query: URLSearchParams): BuildQuery {
  const project = query.get("project") ?? undefined;
  if (project === "") throw refusal("project", "the path or the name of a project");
  const search = query.get("search") ?? undefined;
  if (search === "") throw refusal("search", "a part of the name or the path of a project, or of an id");
  const before = query.get("before") ?? undefined;
  if (before !== undefined && !isBuildId(before)) throw refusal("before", "the id of a build");
  const limit = query.get("limit") ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT) {
    throw refusal("limit", `a whole number from 1 to ${MAX_LIMIT}`);
  }
  const statuses = new Set(query.getAll("status").flatMap((list) => list.split(",").map(readStatus)));
  return { project, search, statuses, limit: Number(limit), before };
}

function readStatus(text: string): BuildStatus {
  const status = buildStatuses.find((known) => known === text);
  if (status === undefined) throw refusal("status", `one or more of ${buildStatuses.join(", ")}`);
  return status;
}

function refusal(name: string, wanted: string): HttpError {
  return new HttpError("BAD_REQUEST", `Cannot list the builds: "${name}" must be ${wanted}`);
}

/**
 * Selects the requested page. Pages follow the ids, which sort by age. So builds that are added or removed meanwhile do
 * not cause repeated or missing builds.
 */
export function selectBuilds(builds: readonly BuildRecord[], query: BuildQuery): BuildPage {
  const { project, statuses, limit, before } = query;
  const search = query.search?.toLowerCase();
  const found = builds
    .filter(({ id }) => before === undefined || id < before)
    .filter(({ projectPath, projectName }) => [undefined, projectPath, projectName].includes(project))
    .filter((build) => search === undefined || isFound(build, search))
    .filter(({ status }) => statuses.size === 0 || statuses.has(status))
    .sort((a, b) => (a.id > b.id ? -1 : 1));
  const page = found.slice(0, limit);
  return { builds: page, next: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** @param search - In lower case. */
function isFound({ id, projectPath, projectName }: BuildRecord, search: string): boolean {
  return [id, projectPath, projectName].some((text) => text.toLowerCase().includes(search));
}
