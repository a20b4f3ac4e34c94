import { byId, create } from "../dom.ts";
import { timelineOf } from "./timeline.ts";
import type { Build } from "../model.ts";

/** The bar that shows the steps of the build in proportion to their durations. The list of steps says it in words. */
export class TimelineView {
  readonly #bar = byId("timeline", HTMLElement);
  readonly #mark = create("span", "timeline-usual");
  #segments: HTMLElement[] = [];

  /** Shows a build; `undefined` empties the bar. */
  show(build: Build | undefined, now: number): void {
    const { segments, usual } = build === undefined ? { segments: [], usual: undefined } : timelineOf(build, now);
    if (segments.length !== this.#segments.length) {
      this.#segments = segments.map(() => create("span", "timeline-step"));
      this.#bar.replaceChildren(...this.#segments, this.#mark);
    }
    segments.forEach(({ name, status, share }, index) => {
      const element = this.#segments[index];
      if (element === undefined) return;
      element.title = name;
      element.dataset["status"] = status;
      element.style.width = `${share}%`;
    });
    this.#bar.classList.toggle("blank", segments.length === 0);
    this.#mark.hidden = usual === undefined;
    this.#mark.style.left = `${usual ?? 0}%`;
  }
}
