import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EventClient, ask, postJson } from "../support/http.js";
import type { TestContext } from "node:test";

const ROOT = new URL("../../", import.meta.url);

/** Starts an example on a free port; it must print its address. Ends it politely and expects it to end well. */
async function serve(t: TestContext, name: string): Promise<number> {
  const path = fileURLToPath(new URL(`examples/${name}`, ROOT));
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 0);
  });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return Number(/^http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]);
}

describe("examples", () => {
  it("hello.js: a clock in at most 30 lines, and it is the README's", async (t) => {
    const text = readFileSync(new URL("examples/hello.js", ROOT), "utf8");
    assert.ok(text.trimEnd().split("\n").length <= 30);
    assert.ok(readFileSync(new URL("README.md", ROOT), "utf8").includes(text), "the README shows another text");
    const port = await serve(t, "hello.js");
    assert.match((await ask(port, "GET", "/")).text, /EventSource/);
    const client = await EventClient.open(port, "/events");
    const [event] = await client.until((events) => events.length > 0);
    assert.match(event?.data ?? "", /^\d{4}-\d\d-\d\dT/);
    assert.match(event?.lastEventId ?? "", /^[0-9a-f]{10}-\d+$/);
  });

  it("embed-builds.js: builds the sample project beside routes of one's own", async (t) => {
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

  it("any-command.js: runs steps that are no npm scripts", async () => {
    const path = fileURLToPath(new URL("examples/any-command.js", ROOT));
    const { stdout: coloured } = await promisify(execFile)(process.execPath, [path]);
    const stdout = coloured.replace(/\x1b\[\d+m/g, "");
    assert.match(stdout, /^stdout \| hello; no shell sees this\n/m);
    assert.match(stdout, /stdout \| 3\nstdout \| 2\nstdout \| 1\n/);
    assert.match(stdout, /\nended: succeeded\n$/);
  });

  it("are all executed here", () => {
    const files = readdirSync(new URL("examples/", ROOT)).filter((name) => name.endsWith(".js"));
    assert.deepEqual(files.sort(), ["any-command.js", "embed-builds.js", "hello.js"]);
  });
});
