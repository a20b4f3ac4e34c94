import { serverText } from "../words/server-words.ts";
import { words } from "../words/words.ts";
import { ServerClock } from "./clock.ts";
import { readJsonLines } from "./json-lines.ts";
import type { LinesReply } from "../log/log-source.ts";
import type {
  Build,
  BuildChoices,
  BuildPage,
  BuildStatus,
  LineQuery,
  Outline,
  Project,
  SearchReport,
  SessionState,
} from "../model.ts";

const SESSION_PATH = "/api/session";

/** The time limit for an answer, in milliseconds. */
const ANSWER_TIMEOUT = 15_000;

/**
 * The failure of a request. The message is shown to the person; it is the server's own message if there is one.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server's error code, for example `NO_SCRIPT`. */
  readonly code: string | undefined;
  /** With 409: the build that is already active. */
  readonly build: Build | undefined;

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.code = options.code;
    this.build = options.build;
  }
}

/** The details of a failure beside its status and its message. */
export interface ApiErrorOptions {
  readonly code?: string | undefined;
  readonly build?: Build | undefined;
  readonly cause?: unknown;
}

/** The result of a request for a build. */
export interface Started {
  readonly build: Build;
  /** Whether the project was already being built, and this is that build. */
  readonly isJoined: boolean;
}

/** The builds to list. */
export interface ListQuery {
  /** The maximum number of builds. */
  readonly limit: number;
  /** Only builds of the project with this path. */
  readonly project?: string | undefined;
  /** Only builds with this part in their id, or in the name or the path of their project. */
  readonly search?: string | undefined;
  readonly statuses?: readonly BuildStatus[] | undefined;
  /** The `next` of the previous page. */
  readonly before?: string | undefined;
}

/** The server's JSON API. Each method rejects with an {@link ApiError}. */
export class Api {
  readonly #clock = new ServerClock();
  readonly #onUnauthorized: () => void;

  /** @param onUnauthorized - Called when the server answers that the person must sign in. */
  constructor(onUnauthorized: () => void = () => undefined) {
    this.#onUnauthorized = onUnauthorized;
  }

  /** The server's time according to its answers, in milliseconds since 1970. */
  now(): number {
    return this.#clock.now();
  }

  /** Returns the rights of this browser. */
  getSession(): Promise<SessionState> {
    return this.#request(SESSION_PATH);
  }

  /** Signs this browser in; fails with 401 when the token is wrong. */
  signIn(token: string): Promise<SessionState> {
    return this.#request(SESSION_PATH, { method: "POST", ...json({ token }) });
  }

  /** Signs this browser out. */
  signOut(): Promise<SessionState> {
    return this.#request(SESSION_PATH, { method: "DELETE" });
  }

  /** Lists the builds that the server keeps, newest first. */
  listBuilds({ limit, project, search, statuses, before }: ListQuery): Promise<BuildPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (project !== undefined) query.set("project", project);
    if (search !== undefined) query.set("search", search);
    if (statuses !== undefined) query.set("status", statuses.join());
    if (before !== undefined) query.set("before", before);
    return this.#request(`/api/builds?${query}`);
  }

  /** Returns a build; fails with 404 if the server has no such build. */
  getBuild(id: string): Promise<Build> {
    return this.#request(buildPath(id));
  }

  /** Returns the extent and the steps of a build's log. */
  getOutline(id: string): Promise<Outline> {
    return this.#request(`${buildPath(id)}/outline`);
  }

  /** Returns at most `count` lines of a build's log from line `from` on. */
  getLines(id: string, from: number, count: number, signal?: AbortSignal): Promise<LinesReply> {
    return this.#request(`${buildPath(id)}/lines?from=${from}&count=${count}`, { signal: signal ?? null });
  }

  /** Searches a build's log from line `from` on; fails with 422 if the pattern is invalid. */
  async *search(id: string, query: LineQuery, from: number, signal: AbortSignal): AsyncGenerator<SearchReport> {
    const parameters = new URLSearchParams({ q: query.text, from: String(from) });
    if (query.isCaseSensitive) parameters.set("case", "1");
    if (query.isRegex) parameters.set("regex", "1");
    let response: Response;
    try {
      response = await fetch(`${buildPath(id)}/search?${parameters}`, { signal });
    } catch (cause) {
      throw new ApiError(0, words().noAnswer, { cause });
    }
    if (!response.ok) throw this.#refused(response, parseJson(await response.text()));
    try {
      yield* readJsonLines<SearchReport>(response.body);
    } catch (cause) {
      throw new ApiError(0, words().searchFailed, { cause });
    }
  }

  /** Lists the projects that can be built. */
  async listProjects(): Promise<readonly Project[]> {
    return (await this.#request<{ projects: readonly Project[] }>("/api/projects")).projects;
  }

  /** Starts a build. */
  startBuild(projectPath: string, inputs: BuildChoices): Promise<Started> {
    return this.#start("/api/project/build", json({ projectPath, ...inputs }));
  }

  /** Starts the same build again. */
  rerunBuild(id: string): Promise<Started> {
    return this.#start(`${buildPath(id)}/rerun`);
  }

  /** Cancels a build; a second request kills it. Fails with 409 if the build has already ended. */
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
        signal: AbortSignal.any([AbortSignal.timeout(ANSWER_TIMEOUT), ...(init.signal ? [init.signal] : [])]),
      });
      this.#clock.note(response.headers.get("Date"), requestedAt, Date.now());
      body = parseJson(await response.text());
    } catch (cause) {
      throw new ApiError(0, words().noAnswer, { cause });
    }
    if (response.ok && body !== undefined) return body as Reply;
    throw this.#refused(response, body);
  }

  #refused(response: Response, body: unknown): ApiError {
    if (response.status === 401) this.#onUnauthorized();
    const { error, build } = (body ?? {}) as { error?: { code?: string; message?: string }; build?: Build };
    const message = serverText(error?.message ?? words().answerStatus(response.status));
    return new ApiError(response.status, message, { code: error?.code, build });
  }
}

/** Returns the path of a build's event stream. */
export function eventsPath(id: string): string {
  return `${buildPath(id)}/events`;
}

/** Returns the path of a build's log as plain text. */
export function rawLogPath(id: string): string {
  return `${buildPath(id)}/log`;
}

function buildPath(id: string): string {
  return `/api/builds/${encodeURIComponent(id)}`;
}

/** A request with a JSON body. */
function json(fields: unknown): RequestInit {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
}

/** A proxy in between may answer with HTML; that is a failed request, not a crash. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
