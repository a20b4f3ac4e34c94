import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildApp } from "../../dist/web/build-app.js";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import { TestServer, postJson } from "../support/http.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";
import type { Reply } from "../support/http.js";

const LOCK = JSON.stringify({ name: "p", lockfileVersion: 3, requires: true, packages: { "": { name: "p" } } });

/** An app that listens. */
export interface Setup {
  readonly port: number;
  readonly root: string;
  readonly app: BuildApp;
  readonly stage: Stage;
}

/** An app with a root that holds `project` and `other`, whose builds are actors named "build" and "other". */
export async function start(t: TestContext, options: Partial<BuildAppOptions> = {}): Promise<Setup> {
  const stage = await Stage.open(t);
  const script = (name: string): string => {
    const call = (actor: string): string => {
      const { command, args } = stage.step(actor);
      return [command, ...args].map((part) => JSON.stringify(part)).join(" ");
    };
    return JSON.stringify({ name, scripts: { build: call(name), bundle: call("bundle"), "--version": "true" } });
  };
  const root = await makeFolder(t, {
    "project/package.json": script("build"),
    "project/package-lock.json": LOCK,
    "other/package.json": script("other"),
    "other/package-lock.json": LOCK,
    "scriptless/package.json": "{}",
    "broken/package.json": "{",
    "empty/": "",
  });
  const app = await BuildApp.open({ roots: [root], ...options });
  const server = await TestServer.start(app.handle);
  t.after(async () => {
    await app.close();
    await server.close();
  });
  return { port: server.port, root, app, stage };
}

/** A folder for builds, which is removed after the test. */
export function dataFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "tailcast-data-"));
  // Not synchronously: the app may be writing the index of a log.
  t.after(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Asks for a build. */
export function build(port: number, projectPath: unknown, headers?: Record<string, string>): Promise<Reply> {
  return postJson(port, "/api/project/build", { projectPath }, headers);
}

/** The build that a reply holds. */
export function buildIn(reply: Reply): BuildRecord {
  return reply.json["build"] as BuildRecord;
}

/** The code of the error that a reply holds. */
export function codeIn(reply: Reply): string {
  return (reply.json["error"] as { code: string }).code;
}

/** Whether there is an event of this type. */
export const has = (type: string) => (events: readonly DecodedEvent[]) => events.some((event) => event.type === type);

/** The texts of the lines. */
export const texts = (events: readonly DecodedEvent[]): string[] =>
  events.filter((event) => event.type === "line").map((event) => (JSON.parse(event.data) as { text: string }).text);
