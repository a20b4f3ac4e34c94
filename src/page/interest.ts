import type { Build } from "./model.ts";

/**
 * Why a build or the start page is on the page, which decides when another build may replace it automatically:
 * - `default`: the page chose it; any queued or running build replaces the start page, and a newer one replaces a build
 *   after its end;
 * - `started`: the person pressed Build; only a build that was requested after its end replaces it, so that its outcome
 *   can be read;
 * - `pinned`: the person opened it by a click or a link; no build replaces it.
 */
export type Interest = "default" | "started" | "pinned";

/**
 * Returns the build that replaces the one on the page, by the rules of {@link Interest}; `undefined` if none does.
 * Running builds come first, then queued ones.
 *
 * @param builds - All builds that are known, the latest first.
 * @param shown - The build on the page; `undefined` on the start page, and when the requested build does not exist.
 */
export function nextBuild(builds: readonly Build[], shown: Build | undefined, interest: Interest): Build | undefined {
  // A dead link stays on the page, so that the person can see it.
  if (interest === "pinned") return undefined;
  const running = builds.filter((build) => build.status === "running");
  const queued = builds.filter((build) => build.status === "queued");
  if (shown === undefined) return [...running, ...queued][0];
  const since = interest === "started" ? shown.finishedAt : shown.queuedAt;
  return [...running, ...queued].find(({ id, queuedAt }) => id !== shown.id && since !== null && queuedAt > since);
}
