import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { Stage } from "../support/actors.js";
import { EventClient, ask } from "../support/http.js";
import { Program } from "../support/program.js";
import { castAddress, printed, runToEnd } from "./programs.js";
import type { AddressInfo } from "node:net";

// Most of the time is the start of programs.
describe("tailcast run", { concurrency: 4 }, () => {
  it("copies stdout and stderr byte for byte, and passes stdin and arguments on", async (t) => {
    const script = 'cat; printf "%s|" "$@"; printf "\\000\\377\\r\\nno end"; printf "err\\033[2J" >&2';
    const program = new Program(t, ["run", "--", "sh", "-c", script, "sh", "a b", "--help", ""]);
    const bytes: Buffer[] = [];
    program.child.stdout.removeAllListeners("data").setEncoding("latin1" as BufferEncoding);
    program.child.stdout.on("data", (text: string) => bytes.push(Buffer.from(text, "latin1")));
    program.child.stdin.end("from stdin\n");
    assert.equal(await program.ended, 0);
    assert.equal(Buffer.concat(bytes).toString("latin1"), "from stdin\na b|--help||\0\xff\r\nno end");
    assert.match(program.stderr, /^tailcast: live at http:\/\/127\.0\.0\.1:\d+\/builds\/\w{16}\n[^]*err\x1b\[2J$/);
  });

  for (const [name, args, code, message] of [
    ["its exit code", ["--", "sh", "-c", "exit 7"], 7, /live at/],
    ["128 and the signal that ended it", ["sh", "-c", "kill -TERM $$"], 143, /live at/],
    ["127 for a command that does not exist", ["--", "no-such-command"], 127, /Cannot run no-such-command: there/],
    ["126 for a file that is not a program", ["--", "./package.json"], 126, /Cannot run \.\/package\.json: .*EACCES/],
    ["2 without a command", [], 2, /a command to run is missing\nTry "tailcast run --help"/],
    ["2 for an address of other machines without a token", ["--host", "0.0.0.0", "true"], 2, /--host: .*--token auto/],
  ] as const) {
    it(`ends with ${name}`, async (t) => {
      const ended = await runToEnd(t, ["run", ...args]);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    });
  }

  it("ends with 125 when the port is in use, and does not run the command", async (t) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    const ended = await runToEnd(t, ["run", "--port", String(port), "--", "echo", "ran"]);
    assert.equal(ended.code, 125);
    assert.equal(ended.stdout, "");
    assert.match(ended.stderr, /^tailcast: Cannot serve the page on 127\.0\.0\.1 port \d+: .*EADDRINUSE/);
  });

  it("shows a late browser all lines and the end, while the terminal is unchanged", async (t) => {
    const stage = await Stage.open(t);
    const { command, args } = stage.step("actor");
    const program = new Program(t, ["run", "--name", "demo", "--", command, ...args]);
    const { port, id } = await castAddress(program);
    const actor = await stage.actor("actor");
    await actor.do({ action: "write", text: "early\n" });
    await printed(program, "stdout", /early/);
    assert.equal((await ask(port, "GET", `/builds/${id}`, { headers: { accept: "text/html" } })).status, 200);
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    await client.until((events) => events.some(({ data }) => data.includes("early")));
    await actor.do({ action: "write", text: "late\n" });
    actor.tell({ action: "exit", code: 4 });
    const events = await client.ended();
    const lines = events.filter(({ type }) => type === "line");
    const texts = lines.map(({ data }) => (JSON.parse(data) as { text: string }).text);
    assert.deepEqual(texts.slice(-4, -2), ["early", "late"]);
    assert.equal((JSON.parse(events.at(-1)?.data ?? "") as { projectName: string }).projectName, "demo");
    assert.equal(events.at(-1)?.type, "end");
    assert.equal(await program.ended, 4);
    assert.equal(program.stdout, "early\nlate\n");
  });

  it("serves a page for reading only, and asks for the token", async (t) => {
    const env = { TAILCAST_TOKEN: "s3cret-token" };
    const program = new Program(t, ["run", "--", "sh", "-c", "echo $TAILCAST_TOKEN; cat"], env);
    const { port, id } = await castAddress(program);
    assert.match(program.stderr, /\?code=[\w-]+\n/);
    assert.ok(!program.stderr.includes("s3cret-token"));
    assert.equal((await ask(port, "GET", `/api/builds/${id}`)).status, 401);
    const headers = { authorization: "Bearer s3cret-token" };
    await printed(program, "stdout", /s3cret-token\n/);
    for (const path of ["/api/project/build", `/api/builds/${id}/cancel`]) {
      assert.equal((await ask(port, "POST", path, { headers })).status, 403, path);
    }
    program.child.stdin.end();
    assert.equal(await program.ended, 0);
  });

  it("passes signals on", async (t) => {
    const script = 'process.once("SIGINT", () => process.exit(5)); console.log("ready"); process.stdin.resume();';
    const program = new Program(t, ["run", "--", process.execPath, "--eval", script]);
    await printed(program, "stdout", /ready/);
    program.child.kill("SIGINT");
    assert.equal(await program.ended, 5);
    const other = new Program(t, ["run", "--", "sleep", "60"]);
    await castAddress(other);
    other.child.kill("SIGTERM");
    assert.equal(await other.ended, 143);
  });

  it("ends the command with SIGPIPE when the reader of stdout has left", async (t) => {
    const program = new Program(t, ["run", "--", "yes"]);
    await once(program.child.stdout, "data");
    program.child.stdout.destroy();
    assert.equal(await program.ended, 141);
    assert.match(program.stderr, /^tailcast: live at \S+\n$/);
  });

  it("does not wait for processes that the command has left running", async (t) => {
    const ended = await runToEnd(t, ["run", "--", "sh", "-c", "sleep 60 & echo $!"]);
    assert.equal(ended.code, 0);
    process.kill(Number(ended.stdout));
  });

  it("keeps the page for the time of --linger, until a signal", async (t) => {
    const program = new Program(t, ["run", "--linger", "600", "--", "echo", "text"]);
    const { port, id } = await castAddress(program);
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    await client.ended();
    assert.match((await ask(port, "GET", `/api/builds/${id}/log`)).text, /\ntext\n/);
    program.child.kill("SIGTERM");
    assert.equal(await program.ended, 0);
  });
});
