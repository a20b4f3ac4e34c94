import { writeAddress } from "../address.ts";
import { entryDetail } from "../builds/entry-detail.ts";
import { create, createIcon, onPlainClick, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { createSparkline } from "./sparkline.ts";
import type { Project } from "../model.ts";

/** The actions of a card. Neither promise rejects. */
export interface CardHandlers {
  /** The server's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Opens a build. */
  readonly open: (id: string) => void;
  /** Requests a build with the server's defaults; resolves with the reason of a failure. */
  readonly build: (path: string) => Promise<string | undefined>;
  /** Lets the person choose the options of a build. */
  readonly choose: (path: string) => void;
}

/** The card of a project: its latest build, how long its builds took, and a button that builds it. */
export class ProjectCard {
  readonly element: HTMLLIElement = create("li", "card");
  readonly #name = create("a", "card-name");
  readonly #path = create("p", "card-path");
  readonly #state = create("p", "card-state");
  readonly #text = create("span");
  readonly #chart = create("div", "card-chart");
  readonly #build = create("button", "card-build");
  readonly #options = create("button", "card-options quiet");
  readonly #error = create("p", "card-error form-error");
  readonly #handlers: CardHandlers;
  #project: Project;
  #isAsking = false;

  constructor(project: Project, handlers: CardHandlers) {
    this.#project = project;
    this.#handlers = handlers;
    this.#error.role = "alert";
    for (const button of [this.#build, this.#options]) button.type = "button";
    const title = create("h2", "card-title");
    title.append(this.#name);
    this.#state.append(this.#text);
    const actions = create("div", "card-actions");
    actions.append(this.#options, this.#build);
    this.element.append(title, this.#path, this.#state, this.#chart, actions, this.#error);
    this.#build.addEventListener("click", () => void this.#press());
    this.#options.addEventListener("click", () => handlers.choose(this.#project.path));
    onPlainClick(this.#name, () => {
      const shown = this.#shown;
      if (shown !== null) handlers.open(shown.id);
    });
    this.show(project);
  }

  /** Shows the state of the project. */
  show(project: Project): void {
    const former = this.#project;
    this.#project = project;
    const shown = this.#shown;
    const { name, path, durations } = project;
    setText(this.#name, name);
    if (shown === null) this.#name.removeAttribute("href");
    else this.#name.href = writeAddress(shown.id);
    setText(this.#path, path);
    this.#path.title = path;
    const status = shown?.status ?? "";
    if (this.element.dataset["status"] !== status) {
      this.#state.querySelector(".icon")?.remove();
      if (shown !== null) this.#state.prepend(createIcon(shown.status));
      this.element.dataset["status"] = status;
    }
    if (former.durations.join() !== durations.join() || this.#chart.childElementCount === 0) {
      this.#chart.replaceChildren(createSparkline(durations));
      this.#chart.hidden = durations.length < 2;
    }
    const isActive = project.active !== null;
    setText(this.#build, isActive ? words().openBuild : words().build);
    this.#build.setAttribute("aria-label", isActive ? words().openBuildOf(name) : words().buildProject(name));
    setText(this.#options, words().customize);
    this.#options.setAttribute("aria-label", words().customizeBuildOf(name));
    this.tick();
  }

  /** Updates the times. */
  tick(): void {
    const shown = this.#shown;
    setText(this.#text, shown === null ? words().neverBuilt : entryDetail(shown, this.#handlers.now()));
  }

  /** The build that the card shows: the active one, else the last. */
  get #shown(): Project["last"] {
    return this.#project.active ?? this.#project.last;
  }

  async #press(): Promise<void> {
    const { active, path } = this.#project;
    setText(this.#error, "");
    if (active !== null) this.#handlers.open(active.id);
    if (active !== null || this.#isAsking) return;
    this.#isAsking = true;
    this.#build.setAttribute("aria-busy", "true");
    setText(this.#error, (await this.#handlers.build(path)) ?? "");
    this.#build.removeAttribute("aria-busy");
    this.#isAsking = false;
  }
}
