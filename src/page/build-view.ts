import { rawLogPath } from "./api.ts";
import { byId, create, createIcon, setText } from "./dom.ts";
import type { Build } from "./model.ts";
import { isActive, statusWord } from "./status.ts";
import { StepsView } from "./steps-view.ts";
import { formatDuration, timeBetween } from "./time.ts";

/** The head of the build on the page: its state, name, time and steps, and the button that ends it. */
export class BuildView {
  readonly #article = byId("build", HTMLElement);
  readonly #status = byId("build-status", HTMLElement);
  readonly #name = byId("build-name", HTMLElement);
  readonly #elapsed = byId("build-elapsed", HTMLElement);
  readonly #facts = byId("build-facts", HTMLElement);
  readonly #message = byId("build-message", HTMLElement);
  readonly #cancel = byId("cancel-button", HTMLButtonElement);
  readonly #rawLog = byId("raw-log", HTMLAnchorElement);
  readonly #steps: StepsView;
  readonly #now: () => number;
  #build: Build | undefined;
  #cancelling = false;

  /**
   * @param now the server's time, in milliseconds since 1970.
   * @param handlers `cancel` asks the server to end the build and says whether it will; `openStep` shows the beginning
   *   of a step in the log.
   */
  constructor(
    now: () => number,
    handlers: { readonly cancel: (build: Build) => Promise<boolean>; readonly openStep: (name: string) => void },
  ) {
    this.#now = now;
    this.#steps = new StepsView(now, handlers.openStep);
    this.#cancel.addEventListener("click", () => {
      if (this.#build !== undefined) void this.#press(this.#build, handlers.cancel);
    });
  }

  /** Clears the head for a build whose report is still to come, or hides it. */
  open(id: string | undefined): void {
    this.#build = undefined;
    this.#cancelling = false;
    this.#cancel.hidden = true;
    this.#article.hidden = id === undefined;
    this.#article.dataset["status"] = "";
    if (id !== undefined) this.#rawLog.href = rawLogPath(id);
    for (const element of [this.#status, this.#name, this.#elapsed, this.#facts]) element.replaceChildren();
    this.#message.hidden = true;
    this.#steps.show([]);
  }

  /** Shows a report on the build. */
  show(build: Build): void {
    if (this.#build?.status !== build.status) {
      this.#status.replaceChildren(createIcon(build.status), create("span", "", statusWord(build.status)));
      this.#article.dataset["status"] = build.status;
    }
    this.#build = build;
    setText(this.#name, build.projectName);
    // Where there is no room for all of it.
    this.#name.title = build.projectName;
    this.#showFacts(build);
    setText(this.#message, build.message ?? "");
    this.#message.hidden = build.message === null || build.status === "succeeded";
    this.#steps.show(build.steps);
    this.#showCancel();
    this.tick();
  }

  /** Lets the times go on. */
  tick(): void {
    const build = this.#build;
    if (build === undefined) return;
    const length = timeBetween(build.startedAt, build.finishedAt, this.#now());
    setText(this.#elapsed, length === undefined ? "" : formatDuration(length, build.finishedAt !== null));
    this.#steps.tick();
  }

  #showFacts(build: Build): void {
    const path = create("span", "path", build.projectPath);
    const rest = [build.packageManager, build.startedAt === null ? null : `started ${localTime(build.startedAt)}`];
    const facts = [path, ...rest.filter((fact) => fact !== null).map((fact) => create("span", "", fact))];
    // Rewriting equal text would end a selection in it.
    const text = facts.map((fact) => fact.textContent).join("");
    if (this.#facts.textContent !== text) this.#facts.replaceChildren(...facts);
  }

  async #press(build: Build, cancel: (build: Build) => Promise<boolean>): Promise<void> {
    this.#cancelling = true;
    this.#showCancel();
    const isAccepted = await cancel(build);
    if (this.#build?.id === build.id) this.#cancelling = isAccepted;
    this.#showCancel();
  }

  #showCancel(): void {
    const build = this.#build;
    const hidden = build === undefined || !isActive(build);
    if (hidden && document.activeElement === this.#cancel) this.#rawLog.focus({ preventScroll: true });
    this.#cancel.hidden = hidden;
    setText(this.#cancel, this.#cancelling ? "Kill now" : "Cancel");
    this.#cancel.title = this.#cancelling ? "The build was asked to end; this ends it at once" : "";
  }
}

/** A time of day for today, with the date for another day. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
