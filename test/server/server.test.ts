import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, ask, postJson } from "../support/http.js";
import { lastFirst } from "../support/lifetime.js";
import { Program, dataFolder } from "../support/program.js";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../dist/runner/record.js";

/** A program with a project "p" whose build is an actor named "build". */
async function buildingProgram(t: TestContext, stage: Stage): Promise<{ program: Program; port: number }> {
  const { command, args } = stage.step("build");
  const build = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
  const root = await makeFolder(t, { "p/package.json": JSON.stringify({ name: "p", scripts: { build } }) });
  const program = new Program(t, ["--port", "0", "--root", root, "--grace", "0"]);
  return { program, port: await program.port() };
}

describe("server", () => {
  it("prints one line with its address, serves, and ends cleanly on SIGTERM", async (t) => {
    const program = new Program(t, ["--port", "0"]);
    const port = await program.port();
    assert.equal(program.stdout, `http://127.0.0.1:${port}\n`);
    assert.deepEqual((await ask(port, "GET", "/healthz")).json, { status: "ok" });
    const client = await EventClient.open(port, "/api/log/push");
    program.child.kill("SIGTERM");
    await client.ended();
    assert.ok((client.decoder.retry ?? 0) >= 2000, "the stream ends with a time to reconnect");
    assert.equal(await program.ended, 0);
    assert.match(program.stderr, /^tailcast: builds are stored in .*\n$/);
  });

  it("prints how to sign in with a new token, once by a link", async (t) => {
    const program = new Program(t, ["--port", "0", "--token", "auto"]);
    const port = await program.port();
    const pattern =
      /sign in once with http:\/\/127\.0\.0\.1:(\d+)(\/\?code=[\w-]{22}), or with the token ([\w-]{32})\n/;
    while (!pattern.test(program.stderr)) await once(program.child.stderr, "data");
    const [, printed, path = "", token = ""] = pattern.exec(program.stderr) ?? [];
    assert.equal(Number(printed), port);
    assert.equal((await ask(port, "GET", path)).status, 303);
    assert.equal((await ask(port, "GET", path)).status, 401);
    assert.equal((await postJson(port, "/api/session", { token })).status, 200);
  });

  it("cancels running builds on SIGINT, informs the clients, and leaves no process behind", async (t) => {
    const stage = await Stage.open(t);
    const { program, port } = await buildingProgram(t, stage);
    const { id } = (await postJson(port, "/api/project/build", { projectPath: "p" })).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    program.child.kill("SIGINT");
    // Ctrl-C under npm arrives twice.
    program.child.kill("SIGINT");
    await actor.gone;
    const events = await client.ended();
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as BuildRecord).status, "cancelled");
    assert.equal(await program.ended, 0);
  });

  it("kills processes that ignore the first signal on a second, later one", async (t) => {
    const stage = await Stage.open(t);
    const { program, port } = await buildingProgram(t, stage);
    const { id } = (await postJson(port, "/api/project/build", { projectPath: "p" })).json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "onTerm", say: "not yet\n" });
    program.child.kill("SIGTERM");
    await client.until((events) => events.some(({ data }) => data.includes("not yet")));
    const again = setInterval(() => program.child.kill("SIGTERM"), 100);
    t.after(() => clearInterval(again));
    const ended = program.ended;
    await actor.gone;
    // A process that is about to exit no longer handles signals.
    clearInterval(again);
    assert.equal(await ended, 0);
  });

  it("ends its builds when the terminal is closed", async (t) => {
    const stage = await Stage.open(t);
    const { program, port } = await buildingProgram(t, stage);
    await postJson(port, "/api/project/build", { projectPath: "p" });
    const actor = await stage.actor("build");
    program.child.kill("SIGHUP");
    await actor.gone;
    assert.equal(await program.ended, 0);
  });

  it("keeps its own token from its builds, and every secret from their logs", async (t) => {
    const token = "s3rver-token/+";
    const print = `console.log(JSON.stringify(process.env)); console.error("tailcast --token ${token}");`;
    const root = await makeFolder(t, {
      "p/package.json": JSON.stringify({ name: "p", scripts: { build: "node print.js" } }),
      "p/print.js": print,
    });
    const env = {
      TAILCAST_TOKEN: token,
      DEPLOY_KEY: "deploy-key-1",
      SHORT_TOKEN: "short",
      MY_PASSWORD: "correct horse",
    };
    const program = new Program(t, ["--port", "0", "--root", root, "--mask", "DEPLOY_KEY"], env);
    const port = await program.port();
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await postJson(port, "/api/project/build", { projectPath: "p" }, headers);
    const { id } = answer.json["build"] as BuildRecord;
    const client = await EventClient.open(port, `/api/builds/${id}/events`, headers);
    const texts = (await client.ended()).flatMap(({ type, data }) => {
      return type === "line" ? [(JSON.parse(data) as { text: string }).text] : [];
    });
    const printed = JSON.parse(texts.find((text) => text.startsWith("{")) ?? "") as Record<string, string>;
    const { DEPLOY_KEY, SHORT_TOKEN, MY_PASSWORD } = printed;
    assert.deepEqual([DEPLOY_KEY, SHORT_TOKEN, MY_PASSWORD], ["***", "short", "***"]);
    assert.equal(printed["TAILCAST_TOKEN"], undefined);
    assert.ok(texts.includes("tailcast --token ***"));
    assert.doesNotMatch(JSON.stringify(client.events), /s3rver|deploy-key|correct/);
    assert.ok(program.stderr.includes("warning: SHORT_TOKEN is not masked: its value has fewer than 6 characters\n"));
  });

  it("resumes queued builds when it is started again", async (t) => {
    const stage = await Stage.open(t);
    const { command, args } = stage.step("build");
    const build = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
    const project = (name: string): string => JSON.stringify({ name, scripts: { build } });
    const root = await makeFolder(t, { "a/package.json": project("a"), "b/package.json": project("b") });
    const life = lastFirst(t);
    const options = ["--port", "0", "--root", root, "--data", dataFolder(life), "--concurrency", "1", "--grace", "0"];
    const first = new Program(life, options);
    const port = await first.port();
    const add = async (projectPath: string): Promise<BuildRecord> => {
      const answer = await postJson(port, "/api/project/build", { projectPath, install: "skip" });
      return answer.json["build"] as BuildRecord;
    };
    await add("a");
    const waiting = await add("b");
    assert.equal(waiting.status, "queued");
    const path = `/api/builds/${waiting.id}/events`;
    const client = await EventClient.open(port, path);
    await client.until((events) => events.length > 0);
    const actor = await stage.actor("build");
    stage.forget("build");
    first.child.kill("SIGTERM");
    await actor.gone;
    await client.ended();
    assert.equal(await first.ended, 0);

    const second = new Program(life, options);
    const again = await EventClient.open(await second.port(), path, { "Last-Event-ID": client.decoder.lastEventId });
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
    const events = [...client.events, ...(await again.ended())];
    assert.deepEqual(
      events.map(({ lastEventId }) => lastEventId),
      events.map((_, index) => `${waiting.id}-${index + 1}`),
    );
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as BuildRecord).status, "succeeded");
  });

  it("fails a build whose log cannot be written, informs every client, and continues to serve", async (t) => {
    const script = (lines: number): string => JSON.stringify({ scripts: { build: `seq ${lines}` } });
    const root = await makeFolder(t, { "large/package.json": script(5000), "small/package.json": script(10) });
    // 64 KiB, which is about 500 lines.
    const life = lastFirst(t);
    const options = ["--port", "0", "--root", root, "--data", dataFolder(life)];
    const program = new Program(life, options, {}, "-f 128");
    const port = await program.port();
    const build = async (projectPath: string): Promise<string> => {
      const answer = await postJson(port, "/api/project/build", { projectPath, install: "skip" });
      return (answer.json["build"] as BuildRecord).id;
    };
    const feed = await EventClient.open(port, "/api/log/push");
    const id = await build("large");
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const end = JSON.parse((await client.ended()).at(-1)?.data ?? "") as BuildRecord;
    assert.equal(end.status, "failed");
    assert.match(String(end.message), /^stopped because its events could not be stored \(EFBIG: /);
    const fault = /^\S+ error build not stored build=(\w+) project=\S+ file=(\S+) message="EFBIG: [^"]*"$/gm;
    const reported = [...program.stderr.matchAll(fault)].map(([, build, file]) => [build, file]);
    assert.deepEqual(reported, [[id, join(options.at(-1) ?? "", "builds", id, "events")]]);
    await feed.until((events) => events.some(({ data }) => data.includes("EFBIG")));
    assert.equal((await ask(port, "GET", "/healthz")).status, 200);
    const other = await EventClient.open(port, `/api/builds/${await build("small")}/events`);
    assert.equal((JSON.parse((await other.ended()).at(-1)?.data ?? "") as BuildRecord).status, "succeeded");
    program.child.kill("SIGTERM");
    assert.equal(await program.ended, 0);
    const next = new Program(life, options);
    assert.deepEqual((await ask(await next.port(), "GET", `/api/builds/${id}`)).json, end, "and it is not lost now");
  });

  it("ends cleanly on SIGTERM while it takes over the builds of a killed server", async (t) => {
    const life = lastFirst(t);
    const stage = await Stage.open(t);
    const { command, args } = stage.step("build");
    const build = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
    const root = await makeFolder(life, { "p/package.json": JSON.stringify({ scripts: { build } }) });
    const options = ["--port", "0", "--root", root, "--data", dataFolder(life)];
    const first = new Program(life, options);
    await postJson(await first.port(), "/api/project/build", { projectPath: "p", install: "skip" });
    const actor = await stage.actor("build");
    // It uses all the time that it gets.
    await actor.do({ action: "onTerm", say: "" });
    first.child.kill("SIGKILL");
    await first.ended;
    const second = new Program(life, options);
    const told = setInterval(() => second.child.kill("SIGTERM"), 50);
    life.after(() => clearInterval(told));
    const end = await second.ended;
    clearInterval(told);
    // Before it listens for signals, a signal ends it.
    assert.ok(end === 0 || end === "SIGTERM", `${end}: ${second.stderr}`);
    assert.doesNotMatch(second.stderr, /warning|cannot/);
    const third = new Program(life, options);
    await third.port();
    await actor.gone;
  });

  it("ends with 1 when another server uses its data folder, or when it cannot store anything", async (t) => {
    const life = lastFirst(t);
    const data = dataFolder(life);
    const first = new Program(life, ["--port", "0", "--data", data]);
    await first.port();
    const second = new Program(t, ["--port", "0", "--data", data]);
    assert.equal(await second.ended, 1);
    assert.match(second.stderr, /^tailcast: cannot store builds: Cannot use .*: process \d+ is using it/);
    for (const [folder, code] of [
      ["/dev/null/x", "ENOTDIR"],
      // `mkdir` with `recursive` never ends there.
      ["/proc/x/y", "ENOENT"],
      ["/proc/x", "ENOENT"],
    ] as const) {
      const third = new Program(t, ["--port", "0", "--data", folder]);
      assert.equal(await third.ended, 1);
      assert.match(third.stderr, new RegExp(`^tailcast: cannot store builds: ${code}: .*${folder.slice(0, 6)}`));
    }
  });

  it("lets more than 511 clients wait while it is busy, as after the end of another server", async (t) => {
    const program = new Program(t, ["--port", "0"]);
    const port = await program.port();
    const limit = Number(await readFile("/proc/sys/net/core/somaxconn", "utf8"));
    program.child.kill("SIGSTOP");
    const sockets = Array.from({ length: Math.min(1500, limit) }, () => connect(port, "127.0.0.1"));
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    program.child.kill("SIGCONT");
    sockets.at(-1)?.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.match(String(await once(sockets.at(-1) ?? assert.fail(), "data")), /^HTTP\/1\.1 200 OK\r\n/);
  });

  it("prints --help and --version", async (t) => {
    const help = new Program(t, ["--help"]);
    assert.equal(await help.ended, 0);
    assert.match(help.stdout, /^Usage: tailcast \[command\] \[options\]\n/);
    const version = new Program(t, ["--version"]);
    assert.equal(await version.ended, 0);
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("ends with 2 and a clear message for bad options", async (t) => {
    const program = new Program(t, ["--prot", "1"]);
    assert.equal(await program.ended, 2);
    assert.equal(program.stdout, "");
    assert.match(program.stderr, /^tailcast: .*: Unknown option '--prot'\nTry "tailcast serve --help"\.\n$/);
    const command = new Program(t, ["deploy", "--port", "0"]);
    assert.equal(await command.ended, 2);
    assert.match(command.stderr, /^tailcast: .*: unknown command "deploy"; .*\nTry "tailcast --help"\.\n$/);
    const variable = new Program(t, [], { PORT: "many" });
    assert.equal(await variable.ended, 2);
    assert.match(variable.stderr, /PORT/);
  });

  it("ends with 1 when the port is taken", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    t.after(() => other.close());
    await once(other, "listening");
    const program = new Program(t, ["--port", String((other.address() as AddressInfo).port)]);
    assert.equal(await program.ended, 1);
    assert.match(program.stderr, /^tailcast: cannot listen on 127\.0\.0\.1 port \d+: .*EADDRINUSE/);
  });

  it("listens on IPv6 with --host ::1", async (t) => {
    const program = new Program(t, ["--port", "0", "--host", "::1"]);
    const port = await program.port();
    assert.equal(program.stdout, `http://[::1]:${port}\n`);
    assert.equal((await ask(port, "GET", "/", { host: "::1" })).status, 200);
    program.child.kill("SIGTERM");
    assert.equal(await program.ended, 0);
  });
});
