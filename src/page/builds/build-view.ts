import { byId, create, createIcon, setText } from "../dom.ts";
import { rawLogPath } from "../server/api.ts";
import { timeTaken } from "../time.ts";
import { hintText } from "../words/hint-words.ts";
import { serverText } from "../words/server-words.ts";
import { words } from "../words/words.ts";
import { BuildActions } from "./build-actions.ts";
import { buildFacts } from "./build-facts.ts";
import { outlook } from "./outlook.ts";
import { statusWord } from "./status.ts";
import { StepsView } from "./steps-view.ts";
import { TimelineView } from "./timeline-view.ts";
import type { Build, LogLine } from "../model.ts";
import type { BuildActionHandlers } from "./build-actions.ts";

/**
 * The page mentions the last output after this time, in milliseconds. The list of builds, which is requested every 5 s,
 * reports bytes that change no line.
 */
const QUIET_AFTER = 8000;

/** The number of lines of which one says what decided the plan. */
export const FIRST_LINES = 3;

/** The head of the build on the page: its state, name, time and steps, and the buttons for it. */
export class BuildView {
  readonly #article = byId("build", HTMLElement);
  readonly #status = byId("build-status", HTMLElement);
  readonly #name = byId("build-name", HTMLElement);
  readonly #elapsed = byId("build-elapsed", HTMLElement);
  readonly #outlook = byId("build-outlook", HTMLElement);
  readonly #output = byId("build-output", HTMLElement);
  readonly #timeline = new TimelineView();
  readonly #progress = byId("build-progress", HTMLProgressElement);
  readonly #facts = byId("build-facts", HTMLElement);
  readonly #message = byId("build-message", HTMLElement);
  readonly #hint = byId("build-hint", HTMLElement);
  readonly #rawLog = byId("raw-log", HTMLAnchorElement);
  readonly #steps: StepsView;
  readonly #actions: BuildActions;
  readonly #now: () => number;
  #build: Build | undefined;
  #lastLine = 0;
  /** The reason for the plan; empty until its line has arrived. */
  #reason = "";

  /**
   * @param now - The server's time, in milliseconds since 1970.
   * @param handlers - The actions of the buttons; `openStep` shows the beginning of a step in the log.
   */
  constructor(now: () => number, handlers: BuildActionHandlers & { readonly openStep: (name: string) => void }) {
    this.#now = now;
    this.#steps = new StepsView(now, handlers.openStep);
    this.#actions = new BuildActions(handlers);
  }

  /** Clears the head until the build's report arrives; hides it for `undefined`. */
  open(id: string | undefined): void {
    this.#build = undefined;
    this.#lastLine = 0;
    this.#reason = "";
    this.#actions.show(undefined);
    this.#article.hidden = id === undefined;
    this.#article.dataset["status"] = "";
    if (id !== undefined) this.#rawLog.href = rawLogPath(id);
    const texts = [this.#status, this.#name, this.#elapsed, this.#outlook, this.#output, this.#facts];
    for (const element of texts) element.replaceChildren();
    this.#progress.hidden = true;
    this.#message.hidden = true;
    this.#hint.hidden = true;
    this.#steps.show([]);
    this.#timeline.show(undefined, 0);
  }

  /** Shows a report on the build. */
  show(build: Build): void {
    if (this.#build?.status !== build.status) {
      this.#status.replaceChildren(createIcon(build.status), create("span", "", statusWord(build.status)));
      this.#article.dataset["status"] = build.status;
    }
    this.#build = build;
    setText(this.#name, build.projectName);
    // The name is cut where there is no room for it.
    this.#name.title = build.projectName;
    this.#showFacts(build);
    setText(this.#message, serverText(build.message ?? ""));
    this.#message.hidden = build.message === null || build.status === "succeeded";
    setText(this.#hint, build.hint ? hintText(build.hint) : "");
    this.#hint.hidden = !build.hint;
    this.#steps.show(build.steps);
    this.#actions.show(build);
    this.tick();
  }

  /** Notes that a line has arrived. */
  noteLine({ number, stream, text, time }: LogLine): void {
    if (stream !== "system") this.#lastLine = Math.max(this.#lastLine, Date.parse(time));
    else if (number <= FIRST_LINES && text.includes(", because ")) {
      this.#reason = text;
      if (this.#build !== undefined) this.#showFacts(this.#build);
    }
  }

  /** Updates the times. */
  tick(): void {
    const build = this.#build;
    if (build === undefined) return;
    const now = this.#now();
    const length = timeTaken(build, now);
    const { text, title, percent, isLate } = outlook(build, now);
    setText(this.#elapsed, length === undefined ? "" : words().duration(length, build.finishedAt === null));
    setText(this.#outlook, text);
    this.#outlook.title = title;
    this.#progress.hidden = percent === undefined;
    this.#progress.value = percent ?? 0;
    this.#progress.classList.toggle("late", isLate);
    this.#outlook.classList.toggle("late", isLate);
    setText(this.#output, this.#outputAge(build, now));
    this.#timeline.show(build, now);
    this.#steps.tick();
  }

  #outputAge({ status, lastOutputAt }: Build, now: number): string {
    const last = Math.max(this.#lastLine, lastOutputAt === null ? 0 : Date.parse(lastOutputAt));
    const age = now - last;
    if (status !== "running" || last === 0 || age < QUIET_AFTER) return "";
    return words().lastOutput(words().duration(age, true));
  }

  #showFacts(build: Build): void {
    const path = create("span", "path", build.projectPath);
    const facts = [path, ...buildFacts(build, this.#reason).map((fact) => create("span", "", fact))];
    if (facts[1] !== undefined) facts[1].title = serverText(this.#reason);
    // Writing equal text again would end a selection in it.
    const text = facts.map((fact) => fact.textContent).join("");
    if (this.#facts.textContent !== text) this.#facts.replaceChildren(...facts);
  }
}
