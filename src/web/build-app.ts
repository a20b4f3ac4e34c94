import { join } from "node:path";
import { BuildQueue } from "../runner/build-queue.ts";
import { BuildStore } from "../runner/store/build-store.ts";
import { pinned, planBuild } from "../runner/plan.ts";
import { ProjectCache } from "../runner/project/project-cache.ts";
import { openFolder, readProject } from "../runner/project/project.ts";
import { sendReply, sendJson } from "../http/reply.ts";
import { ClientLimit } from "../channel/clients/client-limit.ts";
import { MAX_DELAY, checkInteger, checkTexts, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { HttpError } from "../http/http-error.ts";
import { readFields } from "../http/request-body.ts";
import { readBuildQuery, selectBuilds } from "./build-query.ts";
import { readBuildRequest } from "./build-request.ts";
import { StreamRegistry } from "../streams/stream-registry.ts";
import { isRefusal, sendError } from "./errors.ts";
import { FeedJournal } from "../streams/feed/journal.ts";
import { answerPreflight, checkHost, checkOrigin, checkToken, tokenCookie } from "./guards.ts";
import { sendLog } from "./log-answer.ts";
import { Outcomes, collectMetrics } from "./metrics.ts";
import { PageFiles } from "./page-files.ts";
import { METRICS_TYPE, encodeMetrics } from "./prometheus.ts";
import { recoverBuilds } from "../streams/recover.ts";
import { Router } from "../http/router.ts";
import { countStoredEvents } from "../streams/stored-log.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Channel } from "../channel/channel.ts";
import type { BuildAppOptions, FolderPlanner } from "./build-app-options.ts";
import type { BuildRequest } from "./build-request.ts";
import type { Exchange } from "../http/router.ts";

/** Where builds and the feed are kept. */
interface Storage {
  readonly store: BuildStore;
  readonly journal: FeedJournal;
}

/**
 * The whole build server as one handler for any `node:http` server: the page, the API and the event streams.
 *
 * ```js
 * const app = new BuildApp({ roots: ["/srv/projects"] });
 * http.createServer(app.handle).listen(3000, "127.0.0.1");
 * ```
 *
 * Whoever reaches it can run the code of every project below the roots: give it an address that only the right people
 * reach.
 */
export class BuildApp {
  readonly #roots: readonly string[];
  readonly #finder: ProjectCache;
  readonly #guard: { host: string; allowedOrigins: readonly string[]; token: string | undefined };
  readonly #plan: FolderPlanner;
  readonly #onError: (error: unknown) => void;
  readonly #streams: StreamRegistry;
  readonly #queue: BuildQueue;
  readonly #store: BuildStore | undefined;
  readonly #problems: string[] = [];
  readonly #grace: number;
  readonly #outcomes = new Outcomes();
  readonly #page: PageFiles;
  readonly #router: Router;
  /** Those who follow a log as text hold a connection, too. */
  readonly #logReaders: ClientLimit;

  /**
   * Makes an app whose builds and logs are stored in `options.data`, and takes over those of an earlier one, however
   * that ended: builds that had ended are known, those that waited wait again, and those that ran are `lost`, their
   * processes ended.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option; `DATA_IN_USE` when another process uses the folder.
   */
  static async open(options: BuildAppOptions): Promise<BuildApp> {
    const { data, ...others } = options;
    if (data === undefined) return new BuildApp(others);
    const store = await BuildStore.open(checkValue("data", data, kinds.filledText));
    let journal: FeedJournal | undefined;
    let app: BuildApp | undefined;
    try {
      journal = await FeedJournal.open(join(store.directory, "feed"), await countStoredEvents(store));
      const opened = (app = new BuildApp(others, { store, journal }));
      const onProblem = (problem: string): void => void opened.#problems.push(problem);
      await recoverBuilds({ store, streams: app.#streams, queue: app.#queue, roots: app.#roots, onProblem });
      return app;
    } catch (error) {
      await journal?.close();
      if (app === undefined) await store.close();
      else await app.close();
      throw error;
    }
  }

  /**
   * Makes an app whose builds are in memory. For others, see {@link open}.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option.
   */
  constructor(options: BuildAppOptions);
  /** @internal */
  constructor(options: BuildAppOptions, storage: Storage);
  constructor(options: BuildAppOptions, storage?: Storage) {
    if (options.data !== undefined) {
      throw new TailcastError(
        "INVALID_OPTION",
        'Cannot use the option "data" here: use "await BuildApp.open(options)"',
      );
    }
    const store = storage?.store;
    this.#store = store;
    this.#grace = checkInteger("grace", options.grace ?? 0, { min: 0, max: MAX_DELAY });
    const {
      host = "127.0.0.1",
      token,
      allowedOrigins = [],
      plan = () => undefined,
      onError = () => undefined,
    } = options;
    const { maxClients = 1000, capacity = 50_000, heartbeat } = options;
    this.#roots = checkTexts("roots", options.roots);
    this.#finder = new ProjectCache(this.#roots);
    this.#guard = {
      host: checkValue("host", host, kinds.filledText).toLowerCase(),
      allowedOrigins: checkTexts("allowedOrigins", allowedOrigins),
      token: token === undefined ? undefined : checkValue("token", token, kinds.filledText),
    };
    this.#plan = checkValue("plan", plan, kinds.function);
    this.#onError = checkValue("onError", onError, kinds.function);
    // "retry": a browser that finds the streams full comes back by itself, which after a 503 it never would.
    this.#streams = new StreamRegistry({ maxClients, heartbeat, capacity, whenFull: "retry" }, this.#onError, storage);
    this.#queue = new BuildQueue({
      concurrency: options.concurrency,
      queueLimit: options.queueLimit,
      timeout: options.timeout,
      silence: options.silence,
      nice: options.nice,
      keep: options.keep,
      keepSize: options.keepSize,
      store,
      mask: options.mask,
      logLimit: options.logLimit,
      // A build can read this server's own arguments.
      maskValues: token === undefined ? [] : [token],
      onEvent: (event) => {
        this.#outcomes.note(event);
        return this.#streams.publish(event);
      },
      onForget: (buildId) => this.#streams.forget(buildId),
    });
    this.#logReaders = new ClientLimit(maxClients, Infinity);
    this.#page = new PageFiles(new URL("../page/", import.meta.url));
    this.#router = new Router({
      "/": { GET: (exchange) => this.#answerPage(exchange) },
      "/page/*file": { GET: (exchange) => this.#answerFile(exchange, exchange.parameter) },
      "/api/log/push": { GET: async (exchange) => this.#follow(exchange, await this.#streams.feed()) },
      "/api/projects": { GET: (exchange) => this.#listProjects(exchange) },
      "/api/project/build": { POST: (exchange) => this.#build(exchange) },
      "/api/builds": { GET: (exchange) => this.#listBuilds(exchange) },
      "/api/builds/:id": { GET: ({ response, parameter }) => sendJson(response, 200, this.#queue.get(parameter)) },
      "/api/builds/:id/events": { GET: (exchange) => this.#followBuild(exchange) },
      "/api/builds/:id/log": { GET: (exchange) => this.#sendLog(exchange) },
      "/api/builds/:id/cancel": { POST: (exchange) => this.#cancel(exchange) },
      "/api/builds/:id/rerun": { POST: (exchange) => this.#rerun(exchange) },
      "/metrics": { GET: (exchange) => this.#sendMetrics(exchange) },
      "/healthz": { GET: ({ response }) => sendJson(response, 200, { status: "ok" }) },
    });
  }

  /**
   * What the person who set the options should know: a sentence for each secret that cannot be masked, and for each
   * build that could not be taken over.
   */
  get warnings(): readonly string[] {
    return [...this.#queue.warnings, ...this.#problems];
  }

  /** Answers a request. Bound to the app, so that it can be passed on as it is. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response).catch((error: unknown) => {
      if (!isRefusal(error)) this.#onError(error);
      sendError(response, error, this.#besides(error));
    });
  };

  /**
   * Starts nothing more, cancels what still runs after `grace`, ends every stream with a time to come back, and
   * resolves when all of it is over and stored. What waits is cancelled, too, unless it is stored: then the next process
   * goes on with it. Called again, it kills what still runs instead of waiting for it.
   */
  async close(): Promise<void> {
    await this.#queue.close({ grace: this.#grace });
    await this.#streams.close();
    await this.#store?.close();
  }

  /** The build that is in the way, as far as it is still known. */
  #besides(error: unknown): Readonly<Record<string, unknown>> {
    const id = error instanceof TailcastError ? error.buildId : undefined;
    const build = this.#queue.list().find((known) => known.id === id);
    return build === undefined ? {} : { build };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkHost(request, this.#guard);
    checkOrigin(request, response, this.#guard);
    if (request.method === "OPTIONS") {
      answerPreflight(response);
      return;
    }
    const path = request.url?.split("?")[0];
    // The page's own address takes the token and is answered with a cookie; a monitor has none.
    if (path !== "/healthz" && path !== "/") checkToken(request, this.#guard);
    await this.#router.dispatch(request, response);
  }

  #answerPage(exchange: Exchange): void {
    const cookie = tokenCookie(exchange.request, exchange.query.get("token"), this.#guard);
    if (cookie === undefined) {
      checkToken(exchange.request, this.#guard);
      this.#answerFile(exchange, "index.html");
    } else {
      // So that the secret does not stay in the address.
      exchange.query.delete("token");
      const rest = exchange.query.size === 0 ? "" : `?${exchange.query}`;
      exchange.response
        .writeHead(303, { "Set-Cookie": cookie, Location: `/${rest}`, "Cache-Control": "no-store" })
        .end();
    }
  }

  #answerFile({ request, response }: Exchange, name: string): void {
    if (!this.#page.answer(request, response, name))
      throw new HttpError("NOT_FOUND", `Cannot find the file ${name}`);
  }

  #follow({ request, response }: Exchange, channel: Channel): void {
    channel.handle(request, response);
  }

  async #followBuild(exchange: Exchange): Promise<void> {
    this.#follow(exchange, await this.#channelOf(exchange.parameter));
  }

  async #listProjects({ response }: Exchange): Promise<void> {
    sendJson(response, 200, { projects: await this.#finder.find() });
  }

  async #build({ request, response }: Exchange): Promise<void> {
    await this.#accept(response, readBuildRequest(await readFields(request)));
  }

  /** Builds the same again, with what was chosen then, in the project as it is now. */
  async #rerun({ response, parameter }: Exchange): Promise<void> {
    const { projectPath, script, install } = this.#queue.get(parameter);
    await this.#accept(response, { projectPath, script: script ?? undefined, install: install ?? undefined });
  }

  async #accept(response: ServerResponse, { projectPath, script, install }: BuildRequest): Promise<void> {
    const folder = await openFolder(projectPath, this.#roots);
    const pins = await pinned(folder.path);
    const described = await this.#plan(folder, { script, install });
    const plan = described ?? (await planBuild(await readProject(folder), { script, install }));
    const build = this.#queue.add({ pins, ...plan });
    await this.#queue.stored(build.id).catch((cause: Error) => {
      // Whoever is told that a build was accepted can rely on it, whatever happens to this process.
      throw new HttpError("NOT_STORED", `Cannot build: the build could not be stored (${cause.message})`, {
        cause,
      });
    });
    const msg = `Build of ${build.projectName} accepted`;
    sendJson(response, 202, { msg, build }, { Location: `/api/builds/${build.id}` });
  }

  #listBuilds({ response, query }: Exchange): void {
    sendJson(response, 200, selectBuilds(this.#queue.list(), readBuildQuery(query)));
  }

  #cancel({ response, parameter }: Exchange): void {
    const build = this.#queue.cancel(parameter);
    sendJson(response, 202, { msg: `Cancelling the build of ${build.projectName}`, build });
  }

  async #sendLog(exchange: Exchange): Promise<void> {
    await sendLog(exchange, await this.#channelOf(exchange.parameter), this.#logReaders);
  }

  #sendMetrics({ response }: Exchange): void {
    const streams = this.#streams.numbers;
    const sources = { builds: this.#queue.list(), streams, logReaders: this.#logReaders.taken };
    const body = encodeMetrics(collectMetrics(this.#outcomes, sources));
    const headers = { "Content-Type": METRICS_TYPE, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
    sendReply(response, {
      status: 200,
      headers: { ...headers, "Content-Length": String(Buffer.byteLength(body)) },
      body,
    });
  }

  async #channelOf(buildId: string): Promise<Channel> {
    const channel = await this.#streams.of(this.#queue.get(buildId));
    if (channel === undefined) throw new TailcastError("BUILD_NOT_FOUND", `Cannot find the build ${buildId}`);
    return channel;
  }
}
