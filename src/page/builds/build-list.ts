import { writeAddress } from "../address.ts";
import { byId, create, createIcon, onPlainClick, setText } from "../dom.ts";
import { words } from "../words/words.ts";
import { entryDetail } from "./entry-detail.ts";
import { isActive } from "./status.ts";
import type { Build } from "../model.ts";

interface Entry {
  readonly item: HTMLLIElement;
  readonly link: HTMLAnchorElement;
  readonly name: HTMLElement;
  readonly detail: HTMLElement;
  readonly rerun: HTMLButtonElement;
  build: Build | undefined;
}

/** The list of the builds that the server keeps, newest first, as links. */
export class BuildList {
  readonly #list = byId("builds-list", HTMLOListElement);
  readonly #now: () => number;
  readonly #open: (id: string) => void;
  readonly #rerun: (id: string) => void;
  #entries: ReadonlyMap<string, Entry> = new Map();

  /**
   * @param now - The server's time, in milliseconds since 1970.
   * @param open - Called when a person follows a build's link in this tab.
   * @param rerun - Called when a person requests the same build again.
   */
  constructor(now: () => number, open: (id: string) => void, rerun: (id: string) => void) {
    this.#now = now;
    this.#open = open;
    this.#rerun = rerun;
  }

  /** Shows these builds. Builds that are already listed keep their elements, and with them the focus. */
  show(builds: readonly Build[], shownId: string | undefined): void {
    const entries = new Map(
      builds.map((build) => [build.id, this.#entries.get(build.id) ?? this.#createEntry(build.id)]),
    );
    for (const [id, { item }] of this.#entries) if (!entries.has(id)) item.remove();
    this.#entries = entries;
    builds.forEach((build, index) => {
      const entry = entries.get(build.id);
      if (entry === undefined) return;
      const place = this.#list.children[index];
      if (place !== entry.item) this.#list.insertBefore(entry.item, place ?? null);
      if (build.id === shownId) entry.link.setAttribute("aria-current", "true");
      else entry.link.removeAttribute("aria-current");
      this.#fill(entry, build);
    });
  }

  /** Updates the times. */
  tick(): void {
    for (const entry of this.#entries.values()) if (entry.build !== undefined) this.#fillDetail(entry, entry.build);
  }

  #createEntry(id: string): Entry {
    const item = create("li");
    const link = create("a", "builds-entry");
    const name = create("span", "builds-name");
    const detail = create("span", "builds-detail");
    link.href = writeAddress(id);
    link.append(name, detail);
    onPlainClick(link, () => this.#open(id));
    const rerun = create("button", "builds-rerun quiet");
    rerun.type = "button";
    rerun.append(createIcon("rerun"));
    rerun.addEventListener("click", () => this.#rerun(id));
    item.append(link, rerun);
    return { item, link, name, detail, rerun, build: undefined };
  }

  #fill(entry: Entry, build: Build): void {
    if (entry.build?.status !== build.status) {
      entry.link.querySelector(".icon")?.remove();
      entry.link.prepend(createIcon(build.status));
      entry.link.dataset["status"] = build.status;
    }
    entry.build = build;
    entry.link.title = build.projectPath;
    setText(entry.name, build.projectName);
    entry.rerun.hidden = isActive(build);
    entry.rerun.title = words().rerunOf(build.projectName);
    entry.rerun.setAttribute("aria-label", entry.rerun.title);
    this.#fillDetail(entry, build);
  }

  #fillDetail({ detail }: Entry, build: Build): void {
    setText(detail, entryDetail(build, this.#now()));
  }
}
