import type { Build, Project } from "./model.ts";
import { ServerClock } from "./server-clock.ts";

/** How long an answer may take, in milliseconds. */
const answerTimeout = 15_000;

/**
 * What a request failed with. The message is for the person in front of the page, in the server's own words where it
 * had any.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** With 409: the build that runs already. */
  readonly build: Build | undefined;

  constructor(status: number, message: string, options?: { build?: Build | undefined; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.status = status;
    this.build = options?.build;
  }
}

/** What the server answers to the request for a build, or for its cancellation. */
export interface Accepted {
  readonly msg: string;
  readonly build: Build;
}

/** The server's JSON interface. Every method rejects with an {@link ApiError}. */
export class Api {
  readonly #clock = new ServerClock();

  /** The server's time, in milliseconds since 1970, as far as its answers told. */
  now(): number {
    return this.#clock.now();
  }

  /** All builds the server remembers, newest first. */
  async listBuilds(): Promise<readonly Build[]> {
    return (await this.#request<{ builds: readonly Build[] }>("/api/builds")).builds;
  }

  /** One build; 404 when the server does not know it. */
  getBuild(id: string): Promise<Build> {
    return this.#request(`/api/builds/${encodeURIComponent(id)}`);
  }

  /** The projects that can be built. */
  async listProjects(): Promise<readonly Project[]> {
    return (await this.#request<{ projects: readonly Project[] }>("/api/projects")).projects;
  }

  /** Asks for a build; 409, with the running build, when the project is already being built. */
  startBuild(projectPath: string): Promise<Accepted> {
    return this.#request("/api/project/build", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ projectPath }),
    });
  }

  /** Ends a build; asked a second time, the server kills it. 409 when it has ended already. */
  cancelBuild(id: string): Promise<Accepted> {
    return this.#request(`/api/builds/${encodeURIComponent(id)}/cancel`, { method: "POST" });
  }

  async #request<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const requestedAt = Date.now();
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(path, {
        ...init,
        headers: { Accept: "application/json", ...init.headers },
        signal: AbortSignal.timeout(answerTimeout),
      });
      this.#clock.note(response.headers.get("Date"), requestedAt, Date.now());
      body = parseJson(await response.text());
    } catch (cause) {
      throw new ApiError(0, "The server does not answer. Check that it is running, then try again.", { cause });
    }
    if (response.ok && body !== undefined) return body as Answer;
    const { error, build } = (body ?? {}) as { error?: { message?: string }; build?: Build };
    throw new ApiError(response.status, error?.message ?? `The server answered ${response.status}.`, { build });
  }
}

/** The address of a build's event stream. */
export function eventsPath(id: string): string {
  return `/api/builds/${encodeURIComponent(id)}/events`;
}

/** The address of a build's log as plain text. */
export function rawLogPath(id: string): string {
  return `/api/builds/${encodeURIComponent(id)}/log`;
}

/** A proxy in between answers in HTML; that is a failed request, not a crash. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
