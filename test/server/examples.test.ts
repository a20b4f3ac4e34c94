import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findProgram } from "../../dist/runner/program/find-program.js";
import { signatureHeaders } from "../../dist/web/notify/sign-notification.js";
import { makeFolder } from "../support/folders.js";
import { rawClient } from "../support/channel.js";
import { EventClient, ask, postJson } from "../support/http.js";
import type { ChildProcess } from "node:child_process";
import type { TestContext } from "node:test";

const ROOT = new URL("../../", import.meta.url);

/** Starts an example on a free port; it must print its address. Ends it with SIGTERM and expects the exit code 0. */
async function serve(...parameters: Parameters<typeof start>): Promise<number> {
  return (await start(...parameters)).port;
}

/** The same, with the process. */
async function start(
  t: TestContext,
  name: string,
  environment: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Promise<{ port: number; child: ChildProcess }> {
  const path = fileURLToPath(new URL(`examples/${name}`, ROOT));
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    if (child.exitCode === null && child.kill("SIGTERM")) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return { port: Number(/^http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]), child };
}

/** Reports when this machine lacks a program that an example needs. */
async function isMissing(t: TestContext, program: string): Promise<boolean> {
  if ((await findProgram(program, process.env)) !== undefined) return false;
  t.skip(`${program} is not on PATH: this example was NOT run`);
  return true;
}

/** Copies the project of an example, so that nothing is built in the repository. */
async function copy(t: TestContext, name: string): Promise<string> {
  const folder = await makeFolder(t);
  const filter = (source: string): boolean => !/\/(?:out|target)$/.test(source);
  await cp(new URL(`examples/${name}`, ROOT), folder, { recursive: true, filter });
  return folder;
}

/** Returns the output of any-command.js for a folder, without colours. */
async function runSteps(folder: string): Promise<string> {
  const path = fileURLToPath(new URL("examples/any-command.js", ROOT));
  const { stdout } = await promisify(execFile)(process.execPath, [path, folder]);
  return stdout.replace(/\x1b\[[\d;]*m/g, "");
}

describe("examples", () => {
  it("hello.js: a clock, and it is the README's", async (t) => {
    const text = readFileSync(new URL("examples/hello.js", ROOT), "utf8");
    assert.ok(readFileSync(new URL("README.md", ROOT), "utf8").includes(text), "the README shows another text");
    const port = await serve(t, "hello.js");
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    const client = await EventClient.open(port, "/events");
    const [event] = await client.until((events) => events.length > 0);
    assert.match(event?.data ?? "", /^\d{4}-\d\d-\d\dT/);
    assert.match(event?.lastEventId ?? "", /^[0-9a-f]{10}-\d+$/);
  });

  it("embed-builds.js: builds the sample project beside other routes", async (t) => {
    const port = await serve(t, "embed-builds.js");
    assert.equal((await ask(port, "GET", "/about")).text, "The page is at /\n");
    const { build } = (await postJson(port, "/api/project/build", { projectPath: "sample-project" })).json as {
      build: { id: string };
    };
    const client = await EventClient.open(port, `/api/builds/${build.id}/events`);
    const events = await client.ended();
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as { status: string }).status, "succeeded");
    assert.ok(events.some((event) => event.data.includes("11 modules")));
  });

  it("embed-builds.js: builds a folder without package.json with make", async (t) => {
    if (await isMissing(t, "make")) return;
    const port = await serve(t, "embed-builds.js");
    t.after(() => rm(new URL("examples/make-project/out", ROOT), { recursive: true, force: true }));
    const answer = await postJson(port, "/api/project/build", { projectPath: "make-project" });
    const { id } = (answer.json as { build: { id: string } }).build;
    const events = await (await EventClient.open(port, `/api/builds/${id}/events`)).ended();
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as { status: string }).status, "succeeded");
    assert.ok(events.some((event) => event.data.includes('"text":"Done: 2 sources"')));
  });

  it("any-command.js: runs make", async (t) => {
    if (await isMissing(t, "make")) return;
    const output = await runSteps(await copy(t, "make-project"));
    assert.match(output, /^system \| \$ make clean \(in .*\)\nstdout \| rm -rf out\n/m);
    assert.match(output, /^stdout \| cat src\/1.txt src\/2.txt > out\/all.txt\nstdout \| Done: 2 sources\n/m);
    assert.match(output, /\nended: succeeded\n$/);
  });

  it("any-command.js: runs cargo build", async (t) => {
    if (await isMissing(t, "cargo")) return;
    const output = await runSteps(await copy(t, "cargo-project"));
    assert.match(output, /^system \| \$ cargo build --locked \(in .*\)\n/m);
    assert.match(output, /^stdout \| +Compiling cargo-project v0\.1\.0/m);
    assert.match(output, /\nended: succeeded\n$/);
  });

  it("token-stream.js: sends tokens to each client, and survives clients that leave", async (t) => {
    const port = await serve(t, "token-stream.js", { TOKEN_DELAY: "5" });
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    const leaving = await EventClient.open(port, "/answer?question=why");
    await leaving.until((events) => events.length > 1);
    leaving.close();
    const client = await EventClient.open(port, "/answer?question=why+not");
    await client.until((events) => events.at(-1)?.type === "done");
    const tokens = client.events.map(({ data }) => data);
    assert.deepEqual(tokens.slice(0, 4), ["You ", "asked: ", "why ", "not\n"]);
    assert.equal(tokens.join(""), "You asked: why not\nI can only repeat it.");
  });

  it("run.js: continues without a reader, shows the whole answer to each, and lets it expire", async (t) => {
    const port = await serve(t, "run.js", { TOKEN_DELAY: "5", IDLE_TIMEOUT: "300" });
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    const id = (await ask(port, "POST", "/runs")).text;
    const reloaded = await EventClient.open(port, `/runs/${id}`);
    await reloaded.until((events) => events.length > 5);
    reloaded.close();
    const lastEventId = reloaded.events.at(-1)?.lastEventId ?? "";
    const resumed = await EventClient.open(port, `/runs/${id}`, { "Last-Event-ID": lastEventId });
    const other = await EventClient.open(port, `/runs/${id}`);
    const answer = (await other.ended()).map(({ data }) => data);
    assert.deepEqual(answer, [...Array.from({ length: 100 }, (_, index) => `word ${index + 1} `), "done"]);
    const parts = [...reloaded.events, ...(await resumed.ended())].map(({ data }) => data);
    assert.deepEqual(parts, answer);
    // A reader of a complete answer gets all of it; a browser that returns after the end gets 204.
    const late = await EventClient.open(port, `/runs/${id}`);
    assert.deepEqual((await late.ended()).map(({ data }) => data), answer);
    const end = { "Last-Event-ID": late.events.at(-1)?.lastEventId ?? "" };
    assert.equal((await ask(port, "GET", `/runs/${id}`, { headers: end })).status, 204);
    // Each request is a use of the run: leave it alone for longer than it may take to expire.
    do await delay(900);
    while ((await ask(port, "GET", `/runs/${id}`)).status !== 204);
  });

  it("run.js: stops an answer for all readers", async (t) => {
    const port = await serve(t, "run.js", { TOKEN_DELAY: "20" });
    const id = (await ask(port, "POST", "/runs")).text;
    const readers = await Promise.all([0, 1].map(() => EventClient.open(port, `/runs/${id}`)));
    for (const reader of readers) await reader.until((events) => events.length > 2);
    assert.equal((await ask(port, "DELETE", `/runs/${id}`)).status, 204);
    for (const reader of readers) {
      const events = await reader.ended();
      assert.equal(events.at(-1)?.data, "stopped");
      assert.ok(events.length < 100);
    }
  });

  it("progress.js: shows the newest state first, and the last one", async (t) => {
    const port = await serve(t, "progress.js", { STEP: "3" });
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    assert.equal((await ask(port, "POST", "/start")).status, 202);
    assert.equal((await ask(port, "POST", "/start")).status, 409);
    const client = await EventClient.open(port, "/progress");
    await client.until((events) => events.at(-1)?.data === '{"done":200,"total":200}');
    const late = await EventClient.open(port, "/progress");
    assert.deepEqual((await late.until((events) => events.length > 0)).map(({ data }) => data), [
      '{"done":200,"total":200}',
    ]);
  });

  it("stream-make.js: shows the output of make to each client", async (t) => {
    if (await isMissing(t, "make")) return;
    const port = await serve(t, "stream-make.js", {}, [await copy(t, "make-project")]);
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    const events = await (await EventClient.open(port, "/log")).ended();
    assert.equal(events.at(-1)?.data, "succeeded");
    const lines = events.map(({ data }) => data);
    assert.ok(lines.includes("Done: 2 sources"), JSON.stringify(lines));
    const late = await EventClient.open(port, "/log");
    assert.deepEqual(await late.ended(), events);
  });

  it("stream-make.js: stops make when it is stopped", async (t) => {
    if (await isMissing(t, "make")) return;
    const folder = await makeFolder(t, { Makefile: "all:\n\t@echo started; sleep 600\n" });
    const port = await serve(t, "stream-make.js", {}, [folder]);
    const client = await EventClient.open(port, "/log");
    await client.until((events) => events.some(({ data }) => data === "started"));
    t.after(() => assert.equal(client.events.at(-1)?.data, "cancelled"));
  });

  it("memory-history.js: reads events from a store that are no longer in memory", async () => {
    const path = fileURLToPath(new URL("examples/memory-history.js", ROOT));
    assert.ok(readFileSync(path, "utf8").trimEnd().split("\n").length <= 40);
    const { stdout } = await promisify(execFile)(process.execPath, [path]);
    assert.equal(stdout, "id: demo-2\ndata: two\n\nid: demo-3\ndata: three\n\n");
  });

  it("receive-notifications.js: prints ended builds, and refuses requests without a signature", async (t) => {
    const secret = "a secret of tests";
    const port = await serve(t, "receive-notifications.js", { TAILCAST_NOTIFY_SECRET: secret });
    const post = async (body: string, headers: Record<string, string>): Promise<number> => {
      return (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body, headers })).status;
    };
    const body = JSON.stringify({ id: "1", projectName: "p", status: "failed", message: "m" });
    const genuine = signatureHeaders(secret, "1", Date.now(), body);
    assert.equal(await post(body, genuine), 204);
    assert.equal(await post(body.replace("failed", "succeeded"), genuine), 401);
    assert.equal(await post(body, signatureHeaders("another secret", "1", Date.now(), body)), 401);
    assert.equal(await post(body, signatureHeaders(secret, "1", Date.now() - 301_000, body)), 401);
    assert.equal(await post(body, {}), 401);
  });

  it("survive requests for paths that they do not have", async (t) => {
    const names = ["embed-builds.js", "hello.js", "node-http.js", "progress.js", "run.js", "token-stream.js"];
    for (const name of names) {
      const port = await serve(t, name);
      for (const path of ["//", "/runs", "/runs/", "*", "http://[/"]) {
        for (const method of ["GET", "POST", "DELETE"]) await ask(port, method, path);
      }
      assert.equal((await ask(port, "GET", name === "node-http.js" ? "/clients" : "/")).status, 200, name);
    }
  });

  it("node-http.js: answers 503 to a message that arrives after SIGTERM", async (t) => {
    const { port, child } = await start(t, "node-http.js");
    const client = await EventClient.open(port, "/messages");
    const late = rawClient(t, port);
    late.socket.write("POST /messages?text=late HTTP/1.1\r\n");
    assert.equal((await ask(port, "GET", "/clients")).text, "1");
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await client.ended();
    late.socket.write("Host: localhost\r\n\r\n");
    await late.closed();
    assert.match(late.head, /^HTTP\/1\.1 503 /);
    await ended;
  });

  it("are all executed, and short", () => {
    const files = readdirSync(new URL("examples/", ROOT)).filter((name) => name.endsWith(".js"));
    const executed = [
      ...["any-command.js", "embed-builds.js", "hello.js", "memory-history.js", "progress.js"],
      ...["receive-notifications.js", "run.js", "stream-make.js", "token-stream.js"],
    ];
    // The hosts are executed in test/ecosystem/examples.test.mjs.
    const hosts = ["bun.js", "deno.js", "node-http.js", "node-http2.js", "node-https.js"];
    assert.deepEqual(files.sort(), [...executed, ...hosts].sort());
    for (const name of ["hello.js", "node-http.js"]) {
      const text = readFileSync(new URL(`examples/${name}`, ROOT), "utf8");
      assert.ok(text.trimEnd().split("\n").length <= 30, `${name} has more than 30 lines`);
    }
  });
});
