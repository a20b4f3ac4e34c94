import type { Build } from "./model.ts";

/**
 * Why a build is on the page, which decides when another build may replace it automatically:
 * - `default`: it was the latest build; after its end, any newer queued or running build replaces it;
 * - `started`: the person pressed Build; only a build that was requested after its end replaces it, so that its outcome
 *   can be read;
 * - `pinned`: the person opened it by a click or a link; no build replaces it.
 */
export type Interest = "default" | "started" | "pinned";

/**
 * Returns the build that replaces the one on the page, by the rules of {@link Interest}; `undefined` if none does.
 * Running builds come first, then queued ones. An empty page also shows the latest build, even if it has ended.
 *
 * @param builds - All builds that are known, the latest first.
 * @param shown - The build on the page; `undefined` when the page is empty, also because the
 *   requested build does not exist.
 */
export function nextBuild(builds: readonly Build[], shown: Build | undefined, interest: Interest): Build | undefined {
  // A dead link stays on the page, so that the person can see it.
  if (interest === "pinned") return undefined;
  const running = builds.filter((build) => build.status === "running");
  const queued = builds.filter((build) => build.status === "queued");
  if (shown === undefined) return [...running, ...queued, ...builds][0];
  const since = interest === "started" ? shown.finishedAt : shown.queuedAt;
  return [...running, ...queued].find(({ id, queuedAt }) => id !== shown.id && since !== null && queuedAt > since);
}
