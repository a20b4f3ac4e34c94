import assert from "node:assert/strict";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { projectVariablesPath } from "../../dist/runner/project/project-variables.js";
import { BuildApp } from "../../dist/web/build-app.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, TestServer, ask, postJson } from "../support/http.js";
import { codeIn, dataFolder, texts } from "./app.js";
import { scrape } from "./scrape.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";
import type { Reply } from "../support/http.js";

const JSON_PATH = "/api/project/build";

/** A project that prints the lengths of its variables, which no mask hides, and the variables. */
async function projectRoot(t: TestContext): Promise<string> {
  const build = 'echo "${#REGION} ${#DEPLOY_KEY} $REGION $DEPLOY_KEY ${FORCE_COLOR-none} ${NO_COLOR-none}"';
  return makeFolder(t, { "p/package.json": JSON.stringify({ scripts: { build, wait: "sleep 600" } }) });
}

async function open(t: TestContext, options: BuildAppOptions) {
  const app = await BuildApp.open({ ...options, env: { PATH: process.env["PATH"], REGION: "server-1" } });
  const server = await TestServer.start(app.handle);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close().then(() => server.close()));
  t.after(close);
  return { port: server.port, close };
}

function start(port: number, fields: object): Promise<Reply> {
  return postJson(port, JSON_PATH, { projectPath: "p", install: "skip", ...fields });
}

/** The record of an accepted build, when it has ended, and the texts of its log. */
async function ended(port: number, reply: Reply): Promise<{ record: BuildRecord; log: string[] }> {
  assert.equal(reply.status, 202, reply.text);
  const { id } = reply.json["build"] as BuildRecord;
  const log = texts(await (await EventClient.open(port, `/api/builds/${id}/events`)).ended());
  return { record: (await ask(port, "GET", `/api/builds/${id}`)).json as unknown as BuildRecord, log };
}

/** Writes the variables of the project, which only this user may read. */
async function writeVariables(data: string, root: string, content: string): Promise<string> {
  const path = projectVariablesPath(join(data, "env"), join(root, "p"));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o600);
  return path;
}

describe("the variables of one build", () => {
  it("come with a request, win, are masked, and are stored by name only", async (t) => {
    const [root, data] = [await projectRoot(t), dataFolder(t)];
    const { port } = await open(t, { roots: [root], data });
    const env = { REGION: "eu-west-1", DEPLOY_KEY: "0123-45" };
    const { record, log } = await ended(port, await start(port, { env }));
    assert.deepEqual([record.status, record.variables, record.color], ["succeeded", ["REGION", "DEPLOY_KEY"], null]);
    assert.ok(log.includes("9 7 *** *** none none"), log.join("\n"));
    assert.match(log[1] ?? "", /^the environment of the build sets .*REGION, DEPLOY_KEY/);
    const stored = join(data, "builds", record.id);
    for (const name of ["build.json", "events"]) {
      const text = await readFile(join(stored, name), "utf8");
      assert.match(text, /DEPLOY_KEY/);
      assert.doesNotMatch(text, /eu-west-1|0123-45/);
    }
    const again = await ended(port, await ask(port, "POST", `/api/builds/${record.id}/rerun`));
    assert.ok(again.log.includes("9 7 *** *** none none"));
    assert.deepEqual(again.record.variables, record.variables);
  });

  it("come with a form, and words that occur in every log are not masked", async (t) => {
    const { port } = await open(t, { roots: [await projectRoot(t)] });
    const env = { "env.REGION": "production", "env.DEPLOY_KEY": "a=b c" };
    const fields = { projectPath: "p", install: "skip", color: "true", ...env };
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const reply = await ask(port, "POST", JSON_PATH, { headers, body: String(new URLSearchParams(fields)) });
    const { record, log } = await ended(port, reply);
    assert.ok(log.includes("10 5 production *** 1 none"), log.join("\n"));
    assert.equal(record.color, true);
    const plain = await ended(port, await start(port, { color: false }));
    assert.ok(plain.log.includes("8 0 server-1  none 1"), plain.log.join("\n"));
  });

  const refused: readonly (readonly [fields: object, message: RegExp])[] = [
    [{ env: ["secret"] }, /"env" must be an object of texts$/],
    [{ env: { A: 1 } }, /"env" must be an object of texts$/],
    [{ env: { "A secret": "1" } }, /"env" holds something that is not NAME=value$/],
    [{ env: { TAILCAST_TOKEN: "secret" } }, /"env" must not set TAILCAST_TOKEN: /],
    [{ env: { A: "secret\0" } }, /"env" must not set A to a value with a NUL character$/],
    [{ env: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`A${index}`, ""])) }, /more than 100 var/],
    [{ color: "yes" }, /"color" must be true or false$/],
  ];
  it("are refused when they have a wrong form, without showing a value", async (t) => {
    const { port } = await open(t, { roots: [await projectRoot(t)] });
    for (const [fields, message] of refused) {
      const reply = await start(port, fields);
      assert.deepEqual([reply.status, codeIn(reply)], [400, "BAD_REQUEST"]);
      assert.match((reply.json["error"] as { message: string }).message, message);
      assert.doesNotMatch(reply.text, /secret/);
    }
  });

  it("are missing after a restart: the client and the record of a queued build learn their names", async (t) => {
    const [root, data] = [await projectRoot(t), dataFolder(t)];
    const options = { roots: [root], data, concurrency: 1 };
    const first = await open(t, options);
    const { record } = await ended(first.port, await start(first.port, { env: { DEPLOY_KEY: "0123-45" } }));
    const { projectPath } = record;
    await mkdir(join(root, "q"));
    await writeFile(join(root, "q/package.json"), '{"scripts":{"build":"sleep 600"}}');
    await postJson(first.port, JSON_PATH, { projectPath: "q", install: "skip" });
    const queued = (await start(first.port, { env: { DEPLOY_KEY: "0123-45" } })).json["build"] as BuildRecord;
    assert.equal(queued.status, "queued");
    await first.close();

    const { port } = await open(t, options);
    const refusal = await ask(port, "POST", `/api/builds/${record.id}/rerun`);
    assert.deepEqual([refusal.status, codeIn(refusal)], [422, "MISSING_VARIABLES"]);
    assert.match(refusal.text, /the values of its variables \(DEPLOY_KEY\) are not stored/);
    const lost = (await ask(port, "GET", `/api/builds/${queued.id}`)).json as unknown as BuildRecord;
    assert.deepEqual([lost.status, lost.projectPath], ["lost", projectPath]);
    assert.equal((await scrape(port)).values.get('tailcast_builds_total{status="lost"}'), 1);
    assert.match(lost.message ?? "", /\(the values of its variables are not stored: DEPLOY_KEY\)$/);
  });

  it("come from the file of the project, are read for each build, and lose against the request", async (t) => {
    const [root, data] = [await projectRoot(t), dataFolder(t)];
    const { port } = await open(t, { roots: [root], data });
    await writeVariables(data, root, "REGION=us-1\nDEPLOY_KEY='aaaa bbbb'\n");
    const first = await ended(port, await start(port, {}));
    assert.ok(first.log.includes("4 9 *** *** none none"), first.log.join("\n"));
    assert.deepEqual(first.record.variables, []);
    await writeVariables(data, root, "REGION=us-12\n");
    const second = await ended(port, await start(port, { env: { DEPLOY_KEY: "0123" } }));
    assert.ok(second.log.includes("5 4 *** *** none none"), second.log.join("\n"));
  });

  it("are refused when other users may read the file of the project, or it holds something else", async (t) => {
    const [root, data] = [await projectRoot(t), dataFolder(t)];
    const { port } = await open(t, { roots: [root], data });
    const path = await writeVariables(data, root, "REGION=secret\n");
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      const reply = await start(port, {});
      assert.deepEqual([reply.status, codeIn(reply)], [422, "INVALID_VARIABLES"]);
      assert.match(reply.text, /other users may read or write the file .*p\.env .*; run chmod 600 on it/);
    }
    await writeVariables(data, root, "TAILCAST_TOKEN=secret\n");
    const reply = await start(port, {});
    assert.equal(codeIn(reply), "INVALID_VARIABLES");
    assert.ok(!reply.text.includes("secret") && !reply.text.includes(data), reply.text);
  });
});
