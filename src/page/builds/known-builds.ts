import { everything, isListed, statusesOf } from "./list-filter.ts";
import { withBuild } from "./status.ts";
import type { Build, BuildPage } from "../model.ts";
import type { ListQuery } from "../server/api.ts";
import type { ListFilter } from "./list-filter.ts";

/** The number of builds that are listed at first, and that each request for older builds adds. */
const PAGE_SIZE = 50;

/** The maximum number of builds in one answer of the server. */
const MAX_LIMIT = 500;

/** The request that the list sends to the server. */
export interface ListApi {
  listBuilds(query: ListQuery): Promise<BuildPage>;
}

/** The known builds of this tab, newest first: listed by the server, or reported by a stream since then. */
export class KnownBuilds {
  /** The build on the page. It stays known even if the server no longer lists it. */
  shownId: string | undefined;
  /** The builds that the list shows. */
  filter: ListFilter = everything;
  readonly #api: ListApi;
  #all: readonly Build[] = [];
  #reach = PAGE_SIZE;
  #hasOlder = false;
  #asked: string = this.#request;

  constructor(api: ListApi) {
    this.#api = api;
  }

  /** All known builds. Every queued or running build of the server is among them. */
  get all(): readonly Build[] {
    return this.#all;
  }

  /** The builds that the list shows. */
  get listed(): readonly Build[] {
    return this.#all.filter((build) => isListed(build, this.filter));
  }

  /** The build on the page, if it is known. */
  get shown(): Build | undefined {
    return this.#all.find(({ id }) => id === this.shownId);
  }

  /** Whether the server has older builds for the list. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Whether the list shows other builds than the last request named. */
  get isOutdated(): boolean {
    return this.#request !== this.#asked;
  }

  /** Adds a build, or updates a known one. */
  add(build: Build): void {
    this.#all = withBuild(this.#all, build);
  }

  /** Removes a build. */
  remove(id: string): void {
    this.#all = this.#all.filter((build) => build.id !== id);
  }

  /**
   * Requests the list again. Builds that the server no longer lists are removed; those that a stream reported while the
   * answer was on its way stay.
   *
   * @throws {ApiError}
   */
  async refresh(): Promise<void> {
    const before = this.#all;
    const [request, reach] = [this.#request, this.#reach];
    this.#asked = request;
    const { builds, hasOlder } = await this.#list(reach);
    // The answer belongs to an outdated request.
    if (request !== this.#request || reach !== this.#reach) return;
    const isForgotten = ({ id }: Build): boolean =>
      id !== this.shownId && before.some((known) => known.id === id) && !builds.some((listed) => listed.id === id);
    this.#all = builds.reduce(
      withBuild,
      this.#all.filter((known) => !isForgotten(known)),
    );
    this.#hasOlder = hasOlder;
  }

  /**
   * Requests the list again together with older builds. A failure leaves the list as long as it was.
   *
   * @throws {ApiError}
   */
  async loadOlder(): Promise<void> {
    this.#reach += PAGE_SIZE;
    try {
      await this.refresh();
    } catch (error) {
      this.#reach -= PAGE_SIZE;
      throw error;
    }
  }

  /** The selection of the next request for the list, as a text. */
  get #request(): string {
    return JSON.stringify(this.filter);
  }

  async #list(reach: number): Promise<{ builds: Build[]; hasOlder: boolean }> {
    const { project, search, group } = this.filter;
    const selection = {
      ...(project !== "" && { project }),
      ...(search !== "" && { search }),
      ...(group !== "all" && { statuses: statusesOf(group) }),
    };
    const builds: Build[] = [];
    let next: string | null = null;
    do {
      const limit = Math.min(MAX_LIMIT, reach - builds.length);
      const page: BuildPage = await this.#api.listBuilds({ limit, ...selection, before: next ?? undefined });
      builds.push(...page.builds);
      next = page.next;
    } while (next !== null && builds.length < reach);
    if (next !== null || Object.keys(selection).length > 0) {
      // A long build may be older than all listed builds, and active builds are never left out.
      builds.push(...(await this.#api.listBuilds({ limit: MAX_LIMIT, statuses: ["queued", "running"] })).builds);
    }
    return { builds, hasOlder: next !== null };
  }
}
