import { byId } from "../dom.ts";
import { pageTitle } from "./status.ts";
import type { Build, BuildStatus } from "../model.ts";

/** The icon of each status, below `/page/icons/`. */
const ICONS: Readonly<Record<BuildStatus, string>> = {
  queued: "queued",
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  "timed-out": "failed",
  lost: "failed",
};

/** Shows the state of a build in the title and the icon of the tab; `undefined`: the page shows no build. */
export function showInTab(build: Build | undefined): void {
  document.title = pageTitle(build);
  const icon = byId("icon", HTMLLinkElement);
  const path = build === undefined ? "/page/icon.svg" : `/page/icons/${ICONS[build.status]}.svg`;
  // Browsers load the icon again whenever it is set.
  if (icon.getAttribute("href") !== path) icon.href = path;
}
