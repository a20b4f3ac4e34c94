import { byId, create, setText } from "../dom.ts";
import { recentPaths } from "../form/recent-paths.ts";
import { words } from "../words/words.ts";
import { KnownProjects } from "./known-projects.ts";
import { ProjectCard } from "./project-card.ts";
import type { Build, Project } from "../model.ts";
import type { CardHandlers } from "./project-card.ts";

/** The number of cards at first: a screen or two. */
const FIRST_CARDS = 24;

/** The actions that the start page needs. */
export interface StartHandlers extends CardHandlers {
  /** Requests the projects; rejects if the server does not answer. */
  readonly listProjects: () => Promise<readonly Project[]>;
  /** Offers the projects elsewhere on the page. */
  readonly offer: (projects: readonly Project[]) => void;
}

/** The start page: the projects that can be built as cards, or advice if the server knows none; and recent paths. */
export class StartView {
  readonly #page = byId("start", HTMLElement);
  readonly #cards = byId("cards", HTMLUListElement);
  readonly #more = byId("more-projects", HTMLButtonElement);
  readonly #advice = byId("start-advice", HTMLElement);
  readonly #recent = byId("recent", HTMLElement);
  readonly #projects = new KnownProjects();
  readonly #handlers: StartHandlers;
  #byPath = new Map<string, ProjectCard>();
  #limit = FIRST_CARDS;
  #isLoading = false;

  constructor(handlers: StartHandlers) {
    this.#handlers = handlers;
    const command = `curl ${location.origin}/api/project/build -d projectPath=/path/to/project`;
    setText(byId("start-command", HTMLElement), command);
    this.#more.addEventListener("click", () => this.#showAll());
  }

  /** Whether the start page is open. */
  get isOpen(): boolean {
    return !this.#page.hidden;
  }

  /** Opens the start page, or closes it. */
  toggle(isOpen: boolean): void {
    this.#page.hidden = !isOpen;
    document.body.classList.toggle("starting", isOpen);
    if (!isOpen) return;
    this.#show();
    void this.refresh();
  }

  /** Requests the projects again. */
  async refresh(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      this.#projects.set(await this.#handlers.listProjects());
    } catch {
      // The page shows the state of the connection, and the next connect requests the projects again.
      return;
    } finally {
      this.#isLoading = false;
    }
    this.#handlers.offer(this.#projects.all);
    this.#advice.hidden = this.#projects.all.length > 0;
    this.#show();
  }

  /** Updates the cards by known builds, among them all that are active, the newest first. */
  note(builds: readonly Build[]): void {
    this.#projects.note(builds);
    this.#show();
  }

  /** Updates the times. */
  tick(): void {
    if (this.isOpen) for (const card of this.#byPath.values()) card.tick();
  }

  /** Shows the projects. Cards that are already there keep their elements, and with them the focus. */
  #show(): void {
    if (!this.isOpen) return;
    const { all } = this.#projects;
    const shown = all.slice(0, this.#limit);
    const cards = new Map(shown.map((project) => [project.path, this.#cardOf(project)]));
    for (const [path, { element }] of this.#byPath) if (!cards.has(path)) element.remove();
    this.#byPath = cards;
    [...cards.values()].forEach(({ element }, index) => {
      const place = this.#cards.children[index];
      if (place !== element) this.#cards.insertBefore(element, place ?? null);
    });
    this.#more.hidden = shown.length === all.length;
    setText(this.#more, words().allProjects(all.length));
    this.#showRecent();
  }

  #cardOf(project: Project): ProjectCard {
    const known = this.#byPath.get(project.path);
    if (known === undefined) return new ProjectCard(project, this.#handlers);
    known.show(project);
    return known;
  }

  #showAll(): void {
    const next = this.#limit;
    this.#limit = Infinity;
    this.#show();
    this.#cards.children[next]?.querySelector("button")?.focus();
  }

  /** Shows the paths that have no card. */
  #showRecent(): void {
    const paths = recentPaths().filter((path) => !this.#projects.all.some((project) => project.path === path));
    const list = byId("recent-list", HTMLUListElement);
    this.#recent.hidden = paths.length === 0;
    const before = [...list.children].map(({ textContent }) => textContent);
    if (before.join("\n") === paths.join("\n")) return;
    const items = paths.map((path) => {
      const item = create("li");
      const button = create("button", "path", path);
      button.type = "button";
      button.addEventListener("click", () => this.#handlers.choose(path));
      item.append(button);
      return item;
    });
    list.replaceChildren(...items);
  }
}
