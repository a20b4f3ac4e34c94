import assert from "node:assert/strict";
import { basename } from "node:path";
import { BuildApp, SharedBuilder, SharedBuilds } from "../../../dist/index.js";
import { Stage } from "../../support/actors.js";
import { makeFolder } from "../../support/folders.js";
import { TestServer, ask, postJson } from "../../support/http.js";
import { MemoryJobs, MemoryLogs } from "./memory-machines.js";
import type { TestContext } from "node:test";
import type {
  BuildAppOptions,
  BuildRecord,
  FolderPlanner,
  Plan,
  SharedBuilderOptions,
  SharedBuildsOptions,
} from "../../../dist/index.js";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { Reply } from "../../support/http.js";

/** A process that answers HTTP. */
export interface Site {
  readonly port: number;
  readonly app: BuildApp;
  /** The logs, as its machine has them. */
  readonly logs: MemoryLogs;
  /** Ends all connections at once, as a process that is killed. */
  kill(): Promise<void>;
}

/** The options of a {@link Site}. */
interface SiteOptions extends SharedBuildsOptions {
  /** The topics whose reports are slow: see `MemoryLogs`. */
  readonly late?: readonly string[];
}

/** Several machines with one store. */
export class Cluster {
  readonly #t: TestContext;
  readonly stage: Stage;
  readonly root: string;
  readonly logs: MemoryLogs = new MemoryLogs();
  readonly jobs: MemoryJobs = new MemoryJobs();

  private constructor(t: TestContext, stage: Stage, root: string) {
    this.#t = t;
    this.stage = stage;
    this.root = root;
  }

  static async open(t: TestContext): Promise<Cluster> {
    const stage = await Stage.open(t);
    return new Cluster(t, stage, await makeFolder(t, { "a/": "", "b/": "", "c/": "" }));
  }

  async site(options: SiteOptions = {}, app: Partial<BuildAppOptions> = {}): Promise<Site> {
    const { late, ...shared } = options;
    const logs = new MemoryLogs(this.logs, late);
    const opened = await BuildApp.open({
      roots: [this.root],
      plan: ({ path }) => this.#plan(path),
      builders: (context) => SharedBuilds.open(logs, this.jobs, { ...context, ...shared }),
      ...app,
    });
    const server = await TestServer.start(opened.handle);
    let isClosed = false;
    const kill = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      await server.close();
      await opened.close();
    };
    this.#t.after(kill);
    return { port: server.port, app: opened, logs, kill };
  }

  async builder(options: Partial<SharedBuilderOptions> = {}): Promise<SharedBuilder & { readonly logs: MemoryLogs }> {
    const logs = new MemoryLogs(this.logs);
    const plan: FolderPlanner = ({ path }) => this.#plan(path);
    const builder = await SharedBuilder.open(logs, { roots: [this.root], plan, ...options });
    this.#t.after(() => builder.close());
    this.jobs.attach(builder);
    return Object.assign(builder, { logs });
  }

  #plan(projectPath: string): Plan {
    const projectName = basename(projectPath);
    const steps = [this.stage.step(projectName, projectPath)];
    return { projectPath, projectName, packageManager: null, reason: "a test", warnings: [], steps };
  }
}

/** Asks for a build. */
export function start(port: number, projectPath: string): Promise<Reply> {
  return postJson(port, "/api/project/build", { projectPath });
}

/** Starts a build. */
export async function accepted(port: number, projectPath: string): Promise<BuildRecord> {
  const reply = await start(port, projectPath);
  assert.equal(reply.status, 202, reply.text);
  return reply.json["build"] as BuildRecord;
}

/** Returns a build, as a site shows it. */
export async function stateOf({ port }: Site, { id }: BuildRecord): Promise<BuildRecord> {
  return (await ask(port, "GET", `/api/builds/${id}`)).json as unknown as BuildRecord;
}

/** Resolves with the last state of a build when a site knows it: the list follows the stream of the build. */
export async function endOf(site: Site, build: BuildRecord): Promise<BuildRecord> {
  for (;;) {
    const state = await stateOf(site, build);
    if (state.finishedAt !== null) return state;
  }
}

/** Returns the state in the last event of a stream. */
export function lastState(events: readonly DecodedEvent[]): BuildRecord {
  const end = events.at(-1);
  assert.equal(end?.type, "end");
  return JSON.parse(end.data) as BuildRecord;
}
