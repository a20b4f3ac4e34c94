import { join } from "node:path";
import { OPENED, checkOpened } from "../check-options.ts";
import { ClientLimit } from "../channel/clients/client-limit.ts";
import { invalidOption } from "../error.ts";
import { Router } from "../http/router.ts";
import { buildPlanner } from "../runner/planning/build-planner.ts";
import { ProjectCache } from "../runner/project/project-cache.ts";
import { buildAppSettings, streamOptions } from "./build-app-options.ts";
import { LocalBuilders } from "./builders/local-builders.ts";
import { dispatch } from "./dispatch.ts";
import { failRequest } from "./fail-request.ts";
import { Access } from "./guards/access.ts";
import { Monitors } from "./monitoring/monitors.ts";
import { routes } from "./routes.ts";
import { openFiles } from "./storage.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BuildPlanner } from "../runner/planning/build-planner.ts";
import type { Plan } from "../runner/planning/plan.ts";
import type { PlanDraft } from "../runner/planning/plan-draft.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { BuildAppOptions, BuildAppSettings } from "./build-app-options.ts";
import type { Builders } from "./builders/builders.ts";
import type { MalformedRequest } from "./refuse-malformed.ts";
import type { AppRoute } from "./routes.ts";

/** The parts of an app, which `BuildApp.open()` opens. */
interface Parts {
  readonly settings: BuildAppSettings;
  readonly plan: BuildPlanner;
  readonly projects: ProjectCache;
  readonly monitors: Monitors;
  readonly builders: Builders;
}

/**
 * The whole build server as one handler for any `node:http` server: the page, the API and the event streams.
 *
 * ```js
 * const app = await BuildApp.open({ roots: ["/srv/projects"] });
 * http.createServer(app.handle).listen(3000, "127.0.0.1");
 * ```
 *
 * Anyone who can reach this server can run code on it: building a project runs its scripts. Listen on an address that
 * only trusted people reach, or set a token.
 */
export class BuildApp {
  readonly #settings: BuildAppSettings;
  readonly #guards: { readonly origins: BuildAppSettings; readonly access: Access };
  readonly #builders: Builders;
  readonly #router: Router<AppRoute>;
  readonly #monitors: Monitors;

  /**
   * Opens an app. With `data`, the app stores builds and logs there, and continues the work of an earlier process, even
   * one that was killed: it lists finished builds, queues queued builds again, and marks running builds as `lost` and
   * ends their processes. Without `data`, builds are in memory.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option; `DATA_IN_USE` when another process uses the folder.
   */
  static async open(options: BuildAppOptions): Promise<BuildApp> {
    const settings = buildAppSettings(options);
    const { roots, onError, nodePath, builds: { env } } = settings;
    const { projects, storage } = await openFiles(settings);
    const variablesFolder = storage && join(storage.store.directory, "env");
    const planner = { env, variablesFolder, installs: storage?.installs, nodePath, settings: projects };
    const plan = buildPlanner(roots, settings.plan, planner);
    let app: BuildApp | undefined;
    const monitors = new Monitors(settings, (path) => (app && app.#router.find(path)?.path) ?? "other");
    try {
      const onEvent = monitors.note.bind(monitors);
      const builders =
        (await settings.builders?.({ channel: streamOptions(settings), onEvent, onError })) ??
        (await LocalBuilders.open({ settings, storage, plan, monitors }));
      const cache = new ProjectCache(roots, { settings: projects });
      return (app = new BuildApp(OPENED, { settings, plan, projects: cache, monitors, builders }));
    } catch (error) {
      await monitors.close();
      throw error;
    }
  }

  private constructor(key: typeof OPENED, parts: Parts) {
    checkOpened(key, "BuildApp.open()");
    const { settings, monitors, builders: { queue, streams } } = parts;
    this.#settings = settings;
    this.#builders = parts.builders;
    this.#monitors = monitors;
    const access = new Access(settings);
    this.#guards = { origins: settings, access };
    const { clientAddress } = streamOptions(settings);
    const logReaders = new ClientLimit(settings.maxClients, settings.maxClientsPerAddress);
    this.#router = new Router(routes({ ...parts, access, queue, streams, logReaders, clientAddress }));
  }

  /** A sentence for each secret that cannot be masked, and for each stored build that could not be continued. */
  get warnings(): readonly string[] {
    return this.#builders.warnings ?? [];
  }

  /**
   * Accepts a build that no client has requested, with any plan.
   *
   * @throws {TailcastError} As `BuildQueue.add()`; `INVALID_OPTION` with the option `builders`.
   */
  readonly add = (plan: Plan | PlanDraft): BuildRecord => {
    if (this.#builders instanceof LocalBuilders) return this.#builders.queue.add(plan);
    throw invalidOption("builders", "other processes run the builds, and cannot receive a plan; add it there");
  };

  /** Creates the code of a link, `/?code=<code>`, that signs a builder in once, within an hour. */
  createSignInCode(): string {
    return this.#guards.access.createCode();
  }

  /** Counts and logs a request that `refuseMalformed` has refused. */
  noteMalformed(request: MalformedRequest): void {
    this.#monitors.requests.noteMalformed(request);
  }

  /** Answers a request. It is bound to the app, so it can be passed to `createServer`. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const obstacle = this.#monitors.requests.watch(request, response);
    const { onError } = this.#settings;
    dispatch(this.#router, this.#guards, request, response, obstacle).catch((error: unknown) => {
      failRequest(response, error, { queue: this.#builders.queue, requests: this.#monitors.requests, onError });
    });
  };

  /**
   * Stops starting builds, cancels running builds after `grace`, ends every stream with a time to reconnect, and
   * resolves when all builds have ended and are stored. Stored builds that are queued stay queued for the next process;
   * others are cancelled. A second call kills running builds instead of waiting for them.
   */
  async close(): Promise<void> {
    await this.#builders.close({ grace: this.#settings.grace });
    await this.#monitors.close();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
