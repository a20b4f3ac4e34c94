import { ServerClock } from "./clock.ts";
import type { Build, BuildInputs, BuildPage, BuildStatus, Project } from "../model.ts";

/** How long an answer may take, in milliseconds. */
const ANSWER_TIMEOUT = 15_000;

/**
 * What a request failed with. The message is for the person in front of the page, in the server's own words where it
 * had any.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server's word for what is wrong, e.g. `NO_SCRIPT`. */
  readonly code: string | undefined;
  /** With 409: the build that runs already. */
  readonly build: Build | undefined;

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.code = options.code;
    this.build = options.build;
  }
}

/** What is known of a failure beside its status and its message. */
export interface ApiErrorOptions {
  readonly code?: string | undefined;
  readonly build?: Build | undefined;
  readonly cause?: unknown;
}

/** What came of asking for a build. */
export interface Started {
  readonly build: Build;
  /** The project was being built already, and this is that build. */
  readonly isJoined: boolean;
}

/** Which builds to list. */
export interface ListQuery {
  /** At most so many. */
  readonly limit: number;
  /** Only those of the project with this path. */
  readonly project?: string | undefined;
  readonly statuses?: readonly BuildStatus[] | undefined;
  /** Where the page before ended: its `next`. */
  readonly before?: string | undefined;
}

/** The server's JSON interface. Every method rejects with an {@link ApiError}. */
export class Api {
  readonly #clock = new ServerClock();

  /** The server's time, in milliseconds since 1970, as far as its answers told. */
  now(): number {
    return this.#clock.now();
  }

  /** The builds the server remembers, newest first. */
  listBuilds({ limit, project, statuses, before }: ListQuery): Promise<BuildPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (project !== undefined) query.set("project", project);
    if (statuses !== undefined) query.set("status", statuses.join());
    if (before !== undefined) query.set("before", before);
    return this.#request(`/api/builds?${query}`);
  }

  /** One build; 404 when the server does not know it. */
  getBuild(id: string): Promise<Build> {
    return this.#request(buildPath(id));
  }

  /** The projects that can be built. */
  async listProjects(): Promise<readonly Project[]> {
    return (await this.#request<{ projects: readonly Project[] }>("/api/projects")).projects;
  }

  /** Asks for a build. What the inputs leave out, the server chooses. */
  startBuild(projectPath: string, inputs: Partial<BuildInputs>): Promise<Started> {
    return this.#start("/api/project/build", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ projectPath, ...inputs }),
    });
  }

  /** Asks for the same build again. */
  rerunBuild(id: string): Promise<Started> {
    return this.#start(`${buildPath(id)}/rerun`);
  }

  /** Ends a build; asked a second time, the server kills it. 409 when it has ended already. */
  async cancelBuild(id: string): Promise<Build> {
    return (await this.#request<{ build: Build }>(`${buildPath(id)}/cancel`, { method: "POST" })).build;
  }

  async #start(path: string, init: RequestInit = {}): Promise<Started> {
    try {
      const { build } = await this.#request<{ build: Build }>(path, { ...init, method: "POST" });
      return { build, isJoined: false };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || error.build === undefined) throw error;
      return { build: error.build, isJoined: true };
    }
  }

  async #request<Reply>(path: string, init: RequestInit = {}): Promise<Reply> {
    const requestedAt = Date.now();
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(path, {
        ...init,
        headers: { Accept: "application/json", ...init.headers },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT),
      });
      this.#clock.note(response.headers.get("Date"), requestedAt, Date.now());
      body = parseJson(await response.text());
    } catch (cause) {
      throw new ApiError(0, "The server does not answer. Check that it is running, then try again.", { cause });
    }
    if (response.ok && body !== undefined) return body as Reply;
    const { error, build } = (body ?? {}) as { error?: { code?: string; message?: string }; build?: Build };
    const message = error?.message ?? `The server answered ${response.status}.`;
    throw new ApiError(response.status, message, { code: error?.code, build });
  }
}

/** The address of a build's event stream. */
export function eventsPath(id: string): string {
  return `${buildPath(id)}/events`;
}

/** The address of a build's log as plain text. */
export function rawLogPath(id: string): string {
  return `${buildPath(id)}/log`;
}

function buildPath(id: string): string {
  return `/api/builds/${encodeURIComponent(id)}`;
}

/** A proxy in between answers in HTML; that is a failed request, not a crash. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
