import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { Program } from "../support/program.js";
import { printed, runToEnd, startServer } from "./programs.js";
import type { AddressInfo, Socket } from "node:net";

/** The options of every build here: installing takes time. */
const BUILD = ["build", "app", "--install", "skip"];

// Most of the time is the start of programs.
describe("tailcast build", { concurrency: 4 }, () => {
  it("prints the lines of the build without control functions, and ends with 0 or 1", async (t) => {
    const { env } = await startServer(t);
    const [quick, failing] = await Promise.all([
      runToEnd(t, [...BUILD, "--script", "quick"], env),
      startServer(t).then((other) => runToEnd(t, [...BUILD, "--script", "failing"], other.env)),
    ]);
    assert.equal(quick.code, 0, quick.stderr);
    assert.match(quick.stdout, /\nred end\n(?:[^\n]*\n)*succeeded in [^\n]+\n$/);
    assert.ok(!quick.stdout.includes("\x1b"));
    assert.equal(quick.stderr, "");
    assert.equal(failing.code, 1);
    assert.match(failing.stdout, /\nbuild failed with exit code 3\n$/);
  });

  it("resolves its path in the working directory, and keeps colours with FORCE_COLOR", async (t) => {
    const { env, root } = await startServer(t);
    const inFolder = { ...env, FORCE_COLOR: "1" };
    const program = new Program(t, [...BUILD.with(1, `${root}/app/../app`), "--script", "quick"], inFolder);
    assert.equal(await program.ended, 0, program.stderr);
    assert.match(program.stdout, /\n\x1b\[31mred\x1b\[0m end\x1b\[0m\n/);
    assert.ok(!/\x1b(?!\[[\d;]*m)/.test(program.stdout));
  });

  it("asks at the first SIGINT, cancels the build at the second one, and ends with 3", async (t) => {
    const { env, stage } = await startServer(t);
    const program = new Program(t, BUILD, env);
    await stage.actor("build");
    program.child.kill("SIGINT");
    await printed(program, "stderr", /press Ctrl-C again to cancel the build; it continues otherwise\n/);
    program.child.kill("SIGINT");
    assert.equal(await program.ended, 3);
    assert.match(program.stderr, /cancelling the build/);
    assert.match(program.stdout, /\ncancelled while build was running\n$/);
  });

  it("cancels the build at SIGTERM, and ends with 3 for a build that times out", async (t) => {
    const { env, stage } = await startServer(t);
    const program = new Program(t, BUILD, env);
    await stage.actor("build");
    program.child.kill("SIGTERM");
    assert.equal(await program.ended, 3);
    const slow = await startServer(t, ["--timeout", "1"]);
    const late = await runToEnd(t, BUILD, slow.env);
    assert.equal(late.code, 3);
    assert.match(late.stdout, /\ntimed out after 1 s/);
  });

  it("prints each line once when the connection is cut, and ends with 4 when the server was killed", async (t) => {
    const { env, stage, program: server, restart } = await startServer(t);
    const program = new Program(t, BUILD, env);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "one\ntwo\n" });
    await printed(program, "stdout", /two\n/);
    server.child.kill("SIGKILL");
    await server.ended;
    await printed(program, "stderr", /connection to the server lost \(ECONNREFUSED\); reconnecting\n/);
    await restart();
    assert.equal(await program.ended, 4);
    assert.match(program.stderr, /reconnected\n/);
    const lines = program.stdout.split("\n");
    for (const text of ["one", "two"]) assert.equal(lines.filter((line) => line === text).length, 1, program.stdout);
    assert.match(program.stdout, /\n[^\n]*lost[^\n]*\n$/);
  });

  it("continues a queued build after a restart, without a hole or a repeated line", async (t) => {
    const { env, stage, program: server, restart } = await startServer(t, ["--concurrency", "1", "--grace", "0"]);
    const first = new Program(t, BUILD, env);
    await stage.actor("build");
    const queued = new Program(t, [...BUILD.with(1, "next"), "--script", "quick"], env);
    await printed(queued, "stderr", /the build is queued, at position 1\n/);
    server.child.kill("SIGTERM");
    assert.equal(await first.ended, 3);
    await server.ended;
    await restart();
    assert.equal(await queued.ended, 0, queued.stderr);
    const log = await runToEnd(t, ["log"], env);
    assert.equal(queued.stdout, log.stdout);
  });

  it("has no hole and no repeated line when the connection is cut", async (t) => {
    const { env, stage, port } = await startServer(t);
    const sockets = new Set<Socket>();
    const proxy = createServer((socket) => {
      const other = connect(port, "127.0.0.1");
      for (const end of [socket, other]) sockets.add(end.on("error", () => undefined));
      socket.pipe(other).pipe(socket);
    }).listen(0, "127.0.0.1");
    t.after(() => proxy.close());
    await once(proxy, "listening");
    const TAILCAST_SERVER = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const program = new Program(t, BUILD, { ...env, TAILCAST_SERVER });
    const actor = await stage.actor("build");
    const texts = Array.from({ length: 6 }, (_, index) => `line ${index}`);
    for (const text of texts) {
      await actor.do({ action: "write", text: `${text}\n` });
      if (text.endsWith("2")) await printed(program, "stdout", /line 1\n/);
      if (text.endsWith("2") || text.endsWith("4")) for (const socket of sockets) socket.destroy();
    }
    actor.tell({ action: "exit", code: 0 });
    assert.equal(await program.ended, 0, program.stderr);
    assert.deepEqual(program.stdout.split("\n").filter((line) => line.startsWith("line")), texts);
  });

  it("ends with 2 for a project that is being built, and names the build", async (t) => {
    const { env, stage } = await startServer(t);
    const first = await runToEnd(t, [...BUILD, "--detach"], env);
    await stage.actor("build");
    const refused = await runToEnd(t, BUILD, env);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, new RegExp(`already being built; .*; see "tailcast log ${first.stdout.trim()}"\n`));
  });

  for (const [name, args, code, message] of [
    ["2 for a project that does not exist", ["nowhere"], 2, /Cannot open the project: .*; the path is nowhere\n/],
    ["2 for an address that is not one", ["app", "--server", "ftp://x"], 2, /--server: it must be an address/],
    ["2 for a path that is missing, on another machine", ["--server", "http://192.0.2.1"], 2, /PATH.*another machine/],
    ["4 when no server listens", ["app", "--server", "http://127.0.0.1:9"], 4, /Cannot reach http:\/\/127\.0\.0\.1:9/],
  ] as const) {
    it(`ends with ${name}`, async (t) => {
      const env = code === 4 || args.length > 1 ? {} : (await startServer(t)).env;
      const ended = await runToEnd(t, ["build", ...args], env);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    });
  }

  it("reads the token from the environment or a file, and never prints it", async (t) => {
    const { env } = await startServer(t, ["--token", "s3cret-token"]);
    const refused = await runToEnd(t, BUILD, env);
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /set TAILCAST_TOKEN or --token-file/);
    const wrong = await runToEnd(t, BUILD, { ...env, TAILCAST_TOKEN: "wr0ng-token" });
    assert.equal(wrong.code, 2);
    assert.ok(!wrong.stderr.includes("wr0ng-token"));
    const right = await runToEnd(t, [...BUILD, "--script", "quick"], { ...env, TAILCAST_TOKEN: "s3cret-token" });
    assert.equal(right.code, 0, right.stderr);
  });

  it("prints the id and ends with --detach; builds and log find the build", async (t) => {
    const { env, stage } = await startServer(t);
    const { stdout, code } = await runToEnd(t, [...BUILD, "--detach"], env);
    assert.equal(code, 0);
    assert.match(stdout, /^\w{16}\n$/);
    const id = stdout.trim();
    const actor = await stage.actor("build");
    const list = await runToEnd(t, ["builds"], env);
    assert.match(list.stdout, new RegExp(`^${id}  running +\\S+ \\S+ +.*  app \\(.*/app\\)\\n$`));
    const log = new Program(t, ["log"], env);
    await actor.do({ action: "write", text: "from the actor\n" });
    await printed(log, "stdout", /from the actor\n/);
    actor.tell({ action: "exit", code: 3 });
    assert.equal(await log.ended, 0);
    const again = await runToEnd(t, ["log", id], env);
    assert.equal(again.stdout, log.stdout);
    const [json = ""] = (await runToEnd(t, ["builds", "--json", "--status", "failed"], env)).stdout.split("\n");
    assert.equal((JSON.parse(json) as { id: string }).id, id);
    assert.equal((await runToEnd(t, ["log", "0".repeat(16)], env)).code, 4);
    assert.equal((await runToEnd(t, ["log", "../x"], env)).code, 2);
  });

  it("ends with 141 when its reader has left", async (t) => {
    const { env, stage } = await startServer(t);
    const program = new Program(t, BUILD, env);
    const actor = await stage.actor("build");
    await printed(program, "stdout", /\n/);
    program.child.stdout.destroy();
    await actor.do({ action: "write", text: "more\n" });
    assert.equal(await program.ended, 141);
    assert.equal(program.stderr, "");
  });

  it("ends with 4 when the server does not return in time", async (t) => {
    const { env, stage, program: server } = await startServer(t);
    const program = new Program(t, [...BUILD, "--patience", "1"], env);
    await stage.actor("build");
    server.child.kill("SIGKILL");
    assert.equal(await program.ended, 4);
    assert.match(program.stderr, /Cannot reach the server for 1 s; the build \w{16} may continue/);
  });
});
