import { chmod, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { InstallLedger } from "../../../dist/runner/install/install-ledger.js";
import { buildPlanner } from "../../../dist/runner/planning/build-planner.js";
import { makeFolder } from "../../support/folders.js";
import { Scene } from "../queue-scene.js";
import type { TestContext } from "node:test";
import type { BuildQueueOptions } from "../../../dist/runner/build-queue-options.js";
import type { PlanRequest } from "../../../dist/runner/planning/build-planner.js";
import type { BuildRecord } from "../../../dist/runner/record.js";

/**
 * Installs one package in two files, and believes what it finds, as real package managers do: if the folder of the
 * package exists, everything is up to date. The file `hold` stops it in the middle, and `fail` fails it there. With
 * `slow`, it needs some time to end after SIGTERM.
 */
export const PROGRAM = `#!/bin/sh
case "$1" in
--version) echo 10.2.0 ;;
install)
  [ -d node_modules/dep ] && { echo "already up to date"; exit 0; }
  mkdir -p node_modules/dep
  echo 1 > node_modules/dep/one.js
  [ -e slow ] && trap 'sleep 0.5; echo "rolled back"; exit 9' TERM
  [ -e hold ] && { echo holding; while [ -e hold ]; do sleep 0.02; done; }
  [ -e fail ] && exit 3
  echo 2 > node_modules/dep/two.js
  [ -e edit ] && echo '{"scripts":{"build":"true"},"version":"2.0.0"}' > package.json
  [ -e pnpm-lock.yaml ] || echo "lockfileVersion: '9.0'" > pnpm-lock.yaml
  echo "installed with $*" ;;
run) [ -e "$ROOT_OF_TEST/node_modules/dep/two.js" ] || { echo "MODULE_NOT_FOUND"; exit 1; } ;;
esac
`;

export const FILES: Readonly<Record<string, string>> = {
  "package.json": '{"scripts":{"build":"true"}}',
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
};

/** One finished build. */
export interface Built {
  readonly record: BuildRecord;
  /** The lines of the log. */
  readonly lines: readonly string[];
  /** The statuses of its steps: `plan succeeded, build succeeded`. */
  readonly steps: string;
}

/** A project, a fake package manager, and a queue that remembers installs. */
export class InstallScene {
  readonly folder: string;
  readonly #bin: string;
  readonly #ledger: InstallLedger;
  readonly #scene: Scene;
  readonly #variables: Record<string, string> = {};

  private constructor(t: TestContext, folder: string, bin: string, ledger: InstallLedger, options: QueueChoices) {
    this.folder = folder;
    this.#bin = bin;
    this.#ledger = ledger;
    this.#scene = new Scene(t, { env: this.#env, ...options });
  }

  static async create(
    t: TestContext,
    files: Readonly<Record<string, string>> = FILES,
    options: QueueChoices = {},
    ledger = new InstallLedger(),
  ): Promise<InstallScene> {
    const folder = await makeFolder(t, files);
    const bin = await makeFolder(t, { pnpm: PROGRAM });
    await chmod(join(bin, "pnpm"), 0o755);
    return new InstallScene(t, folder, bin, ledger, options);
  }

  get #env(): Record<string, string> {
    const path = [this.#bin, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
    return { PATH: path, HOME: this.#bin, ROOT_OF_TEST: this.folder, ...this.#variables };
  }

  /** Puts another program on `PATH`. */
  async addProgram(name: string, text: string): Promise<void> {
    await writeFile(join(this.#bin, name), text, { mode: 0o755 });
  }

  async write(name: string, text = ""): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { recursive: true });
  }

  /** Starts a build and returns its id. */
  async start(request: Partial<PlanRequest> = {}): Promise<string> {
    const planner = buildPlanner([this.folder], () => undefined, { env: this.#env, installs: this.#ledger });
    const choices = { script: undefined, install: undefined, variables: undefined, color: undefined };
    return this.#scene.queue.add(await planner({ projectPath: this.folder, ...choices, ...request })).id;
  }

  /** Runs a build to its end. */
  async build(request: Partial<PlanRequest> = {}): Promise<Built> {
    return this.end(await this.start(request));
  }

  async end(id: string): Promise<Built> {
    const record = await this.#scene.end(id);
    const lines = this.#scene.events.flatMap((event) =>
      event.type === "line" && event.buildId === id ? event.text : [],
    );
    return { record, lines, steps: record.steps.map(({ name, status }) => `${name} ${status}`).join(", ") };
  }

  /** Waits until the install is in the middle. */
  async holding(): Promise<void> {
    await this.#scene.until("holding");
  }

  /** Cancels the build in the middle of its install, the given number of times. */
  async cancel(id: string, times = 1): Promise<Built> {
    await this.holding();
    for (let count = 0; count < times; count++) this.#scene.queue.cancel(id);
    return this.end(id);
  }
}

type QueueChoices = Partial<BuildQueueOptions>;
