import { join } from "node:path";
import { OPENED, checkOpened } from "../check-options.ts";
import { ClientLimit } from "../channel/clients/client-limit.ts";
import { Router } from "../http/router.ts";
import { buildPlanner } from "../runner/planning/build-planner.ts";
import { BuildQueue } from "../runner/build-queue.ts";
import { ProjectCache } from "../runner/project/project-cache.ts";
import { recoverBuilds } from "../streams/recover.ts";
import { StreamRegistry } from "../streams/stream-registry.ts";
import { buildAppSettings, streamOptions } from "./build-app-options.ts";
import { dispatch } from "./dispatch.ts";
import { failRequest } from "./fail-request.ts";
import { Access } from "./guards/access.ts";
import { Monitors } from "./monitoring/monitors.ts";
import { routes } from "./routes.ts";
import { openFiles } from "./storage.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BuildPlanner } from "../runner/planning/build-planner.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { BuildStore } from "../runner/store/build-store.ts";
import type { BuildAppOptions, BuildAppSettings } from "./build-app-options.ts";
import type { MalformedRequest } from "./refuse-malformed.ts";
import type { AppRoute } from "./routes.ts";
import type { AppFiles } from "./storage.ts";

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
  readonly #queue: BuildQueue;
  readonly #plan: BuildPlanner;
  readonly #streams: StreamRegistry;
  readonly #store: BuildStore | undefined;
  readonly #router: Router<AppRoute>;
  readonly #monitors: Monitors;
  readonly #problems: string[] = [];

  /**
   * Opens an app. With `data`, the app stores builds and logs there, and continues the work of an earlier process, even
   * one that was killed: it lists finished builds, queues queued builds again, and marks running builds as `lost` and
   * ends their processes. Without `data`, builds are in memory.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option; `DATA_IN_USE` when another process uses the folder.
   */
  static async open(options: BuildAppOptions): Promise<BuildApp> {
    const settings = buildAppSettings(options);
    const files = await openFiles(settings);
    if (files.storage === undefined) return new BuildApp(OPENED, settings, files);
    const { store, journal } = files.storage;
    let app: BuildApp | undefined;
    try {
      const opened = (app = new BuildApp(OPENED, settings, files));
      const onProblem = (problem: string): void => void opened.#problems.push(problem);
      const onLost = (build: BuildRecord): void => opened.#monitors.note({ type: "end", build });
      await recoverBuilds({ store, streams: app.#streams, queue: app.#queue, plan: app.#plan, onProblem, onLost });
      return app;
    } catch (error) {
      await journal.close();
      await (app ?? store).close();
      throw error;
    }
  }

  private constructor(key: typeof OPENED, settings: BuildAppSettings, files: AppFiles) {
    checkOpened(key, "BuildApp.open()");
    const { projects, storage } = files;
    const { roots, token, viewerToken, maxClients, maxClientsPerAddress, onError } = settings;
    const monitors = new Monitors(settings, (path) => this.#router.find(path)?.path ?? "other");
    this.#monitors = monitors;
    this.#settings = settings;
    this.#store = storage?.store;
    const { clientAddress, ...options } = streamOptions(settings);
    this.#streams = new StreamRegistry({ ...options, clientAddress }, onError, storage);
    this.#queue = new BuildQueue({
      ...settings.builds,
      store: storage?.store,
      // A build can read the arguments of this process.
      maskValues: [...(settings.builds.maskValues ?? []), token, viewerToken].filter((value) => value !== undefined),
      onEvent: (event) => (monitors.note(event), this.#streams.publish(event)),
      onFailure: (build, error) => monitors.builds.noteFailure(build, error, storage?.store.logPath(build.id)),
      onForget: (buildId) => this.#streams.forget(buildId),
    });
    const access = new Access(settings);
    this.#guards = { origins: settings, access };
    const variablesFolder = storage && join(storage.store.directory, "env");
    const { nodePath, builds: { env } } = settings;
    const { installs } = storage ?? {};
    this.#plan = buildPlanner(roots, settings.plan, { env, variablesFolder, installs, nodePath, settings: projects });
    const logReaders = new ClientLimit(maxClients, maxClientsPerAddress);
    const work = { queue: this.#queue, plan: this.#plan, projects: new ProjectCache(roots, { settings: projects }) };
    const shared = { access, streams: this.#streams, logReaders, clientAddress, monitors, settings };
    this.#router = new Router(routes({ ...shared, ...work }));
  }

  /** A sentence for each secret that cannot be masked, and for each stored build that could not be continued. */
  get warnings(): readonly string[] {
    return [...this.#queue.warnings, ...this.#problems];
  }

  /** Accepts a build that no client has requested, with any plan. @throws {TailcastError} As `BuildQueue.add()`. */
  readonly add: BuildQueue["add"] = (plan) => this.#queue.add(plan);

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
      failRequest(response, error, { queue: this.#queue, requests: this.#monitors.requests, onError });
    });
  };

  /**
   * Stops starting builds, cancels running builds after `grace`, ends every stream with a time to reconnect, and
   * resolves when all builds have ended and are stored. Stored builds that are queued stay queued for the next process;
   * others are cancelled. A second call kills running builds instead of waiting for them.
   */
  async close(): Promise<void> {
    await this.#queue.close({ grace: this.#settings.grace });
    await this.#streams.close();
    await this.#store?.close();
    await this.#monitors.close();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
