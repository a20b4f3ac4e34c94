import { withBuild } from "./status.ts";
import type { Build, BuildPage } from "../model.ts";
import type { ListQuery } from "../server/api.ts";

/** How many builds are listed at first, and how many more each time that older ones are asked for. */
const PAGE_SIZE = 50;

/** The most that the server lists at once. */
const MAX_LIMIT = 500;

/** What is asked of the server. */
export interface ListApi {
  listBuilds(query: ListQuery): Promise<BuildPage>;
}

/** The builds that this tab knows, newest first: what the server listed, and what a stream told of since. */
export class KnownBuilds {
  /** The build on the page. It stays known, whatever the server lists. */
  shownId: string | undefined;
  /** Whether only the project of the build on the page is of interest. */
  isFiltered = false;
  readonly #api: ListApi;
  #all: readonly Build[] = [];
  #reach = PAGE_SIZE;
  #hasOlder = false;
  #asked: string | undefined;

  constructor(api: ListApi) {
    this.#api = api;
  }

  /** All of them; of those that wait or run, the server's are all here, too. */
  get all(): readonly Build[] {
    return this.#all;
  }

  /** Those of interest. */
  get listed(): readonly Build[] {
    const project = this.#project;
    return project === undefined ? this.#all : this.#all.filter(({ projectPath }) => projectPath === project);
  }

  /** The build on the page, as far as it is known. */
  get shown(): Build | undefined {
    return this.#all.find(({ id }) => id === this.shownId);
  }

  /** Whether the server has more of interest, older than those listed. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Whether another project is of interest than the one that was asked for last. */
  get isOutdated(): boolean {
    return this.#project !== this.#asked;
  }

  /** Takes in a report on a build. */
  add(build: Build): void {
    this.#all = withBuild(this.#all, build);
  }

  /** Forgets a build. */
  remove(id: string): void {
    this.#all = this.#all.filter((build) => build.id !== id);
  }

  /** Lets the list go further back from the next {@link refresh} on. */
  reachBack(): void {
    this.#reach += PAGE_SIZE;
  }

  /**
   * Brings everything up to date. What the server does not list any more goes; what a stream brought while the answer was
   * on its way stays.
   *
   * @throws {ApiError}
   */
  async refresh(): Promise<void> {
    const before = this.#all;
    const [project, reach] = [this.#project, this.#reach];
    this.#asked = project;
    const { builds, hasOlder } = await this.#list(project, reach);
    // An answer to what is not the question any more.
    if (project !== this.#project || reach !== this.#reach) return;
    const isForgotten = ({ id }: Build): boolean =>
      id !== this.shownId && before.some((known) => known.id === id) && !builds.some((listed) => listed.id === id);
    this.#all = builds.reduce(
      withBuild,
      this.#all.filter((known) => !isForgotten(known)),
    );
    this.#hasOlder = hasOlder;
  }

  get #project(): string | undefined {
    return this.isFiltered ? this.shown?.projectPath : undefined;
  }

  async #list(project: string | undefined, reach: number): Promise<{ builds: Build[]; hasOlder: boolean }> {
    const builds: Build[] = [];
    let next: string | null = null;
    do {
      const limit = Math.min(MAX_LIMIT, reach - builds.length);
      const page: BuildPage = await this.#api.listBuilds({ limit, project, before: next ?? undefined });
      builds.push(...page.builds);
      next = page.next;
    } while (next !== null && builds.length < reach);
    if (next !== null || project !== undefined) {
      // What takes long may have begun before all of those, and what runs is never left out.
      builds.push(...(await this.#api.listBuilds({ limit: MAX_LIMIT, statuses: ["queued", "running"] })).builds);
    }
    return { builds, hasOlder: next !== null };
  }
}
