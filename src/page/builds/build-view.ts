import { byId, create, createIcon, setText } from "../dom.ts";
import { rawLogPath } from "../server/api.ts";
import { timeTaken } from "../time.ts";
import { words } from "../words/words.ts";
import { BuildActions } from "./build-actions.ts";
import { buildFacts } from "./build-facts.ts";
import { outlook } from "./outlook.ts";
import { statusWord } from "./status.ts";
import { StepsView } from "./steps-view.ts";
import type { Build } from "../model.ts";
import type { BuildActionHandlers } from "./build-actions.ts";

/** The head of the build on the page: its state, name, time and steps, and the buttons for it. */
export class BuildView {
  readonly #article = byId("build", HTMLElement);
  readonly #status = byId("build-status", HTMLElement);
  readonly #name = byId("build-name", HTMLElement);
  readonly #elapsed = byId("build-elapsed", HTMLElement);
  readonly #outlook = byId("build-outlook", HTMLElement);
  readonly #progress = byId("build-progress", HTMLProgressElement);
  readonly #facts = byId("build-facts", HTMLElement);
  readonly #message = byId("build-message", HTMLElement);
  readonly #rawLog = byId("raw-log", HTMLAnchorElement);
  readonly #steps: StepsView;
  readonly #actions: BuildActions;
  readonly #now: () => number;
  #build: Build | undefined;

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
    this.#actions.show(undefined);
    this.#article.hidden = id === undefined;
    this.#article.dataset["status"] = "";
    if (id !== undefined) this.#rawLog.href = rawLogPath(id);
    const texts = [this.#status, this.#name, this.#elapsed, this.#outlook, this.#facts];
    for (const element of texts) element.replaceChildren();
    this.#progress.hidden = true;
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
    // The name is cut where there is no room for it.
    this.#name.title = build.projectName;
    this.#showFacts(build);
    setText(this.#message, build.message ?? "");
    this.#message.hidden = build.message === null || build.status === "succeeded";
    this.#steps.show(build.steps);
    this.#actions.show(build);
    this.tick();
  }

  /** Updates the times. */
  tick(): void {
    const build = this.#build;
    if (build === undefined) return;
    const now = this.#now();
    const length = timeTaken(build, now);
    const { text, title, percent } = outlook(build, now);
    setText(this.#elapsed, length === undefined ? "" : words().duration(length, build.finishedAt === null));
    setText(this.#outlook, text);
    this.#outlook.title = title;
    this.#progress.hidden = percent === undefined;
    this.#progress.value = percent ?? 0;
    this.#steps.tick();
  }

  #showFacts(build: Build): void {
    const path = create("span", "path", build.projectPath);
    const facts = [path, ...buildFacts(build).map((fact) => create("span", "", fact))];
    // Writing equal text again would end a selection in it.
    const text = facts.map((fact) => fact.textContent).join("");
    if (this.#facts.textContent !== text) this.#facts.replaceChildren(...facts);
  }
}
