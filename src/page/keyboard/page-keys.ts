import { byId } from "../dom.ts";
import { keyActions } from "./key-actions.ts";
import type { LogView } from "../log/log-view.ts";

/** Sets the functions of the keys for the form, the open build and its log. */
export function setPageKeys(log: LogView): void {
  keyActions.build = () => byId("project-path", HTMLInputElement).focus();
  keyActions.cancel = () => press("cancel-button");
  keyActions.rerun = () => press("rerun-button");
  keyActions.wrap = () => press("wrap-button");
  keyActions.times = showNextTimes;
  keyActions.follow = () => {
    if (!isShown("log")) return;
    if (log.follow) log.follow = false;
    else log.goToEnd();
  };
  keyActions.top = () => {
    if (isShown("log")) log.goToTop();
  };
  keyActions.end = () => {
    if (isShown("log")) log.goToEnd();
  };
}

/** Chooses the next times, as a person does. */
function showNextTimes(): void {
  const times = byId("times", HTMLSelectElement);
  if (!times.checkVisibility()) return;
  times.selectedIndex = (times.selectedIndex + 1) % times.options.length;
  times.dispatchEvent(new Event("change"));
}

function press(id: string): void {
  if (isShown(id)) byId(id, HTMLButtonElement).click();
}

function isShown(id: string): boolean {
  return byId(id, HTMLElement).checkVisibility();
}
