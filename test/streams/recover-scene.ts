import assert from "node:assert/strict";
import { join } from "node:path";
import { BuildApp } from "../../dist/web/build-app.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, TestServer, postJson } from "../support/http.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";
import type { Stage } from "../support/actors.js";
import type { Lifetime } from "../support/lifetime.js";

/** A root with the project `p`, and a folder for builds. */
export interface Scene {
  readonly root: string;
  readonly data: string;
  readonly options: BuildAppOptions;
}

/** Makes a root and the folder for its builds. */
export async function scene(t: Lifetime, files: Record<string, string> = {}): Promise<Scene> {
  const root = await makeFolder(t, {
    "p/package.json": JSON.stringify({ scripts: { build: "echo built" } }),
    ...files,
  });
  const data = join(await makeFolder(t), "data");
  return { root, data, options: { roots: [root], data } };
}

/** Opens an app that listens. */
export async function open(
  t: Lifetime,
  options: BuildAppOptions,
): Promise<{ app: BuildApp; port: number; close: () => Promise<void> }> {
  const app = await BuildApp.open(options);
  const server = await TestServer.start(app.handle);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close().then(() => server.close()));
  t.after(close);
  return { app, port: server.port, close };
}

/** Starts a build. */
export async function build(port: number, projectPath: string): Promise<BuildRecord> {
  const answer = await postJson(port, "/api/project/build", { projectPath, install: "skip" });
  assert.equal(answer.status, 202, answer.text);
  return answer.json["build"] as BuildRecord;
}

/** Follows the events of a build. */
export async function follow(port: number, id: string, lastEventId?: string): Promise<EventClient> {
  const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  return EventClient.open(port, `/api/builds/${id}/events`, headers);
}

/** A project whose build is an actor. */
export function actorProject(stage: Stage): Record<string, string> {
  const { command, args } = stage.step("actor");
  const build = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
  return { "first/package.json": JSON.stringify({ scripts: { build } }) };
}
