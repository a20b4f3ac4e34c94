import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { EventClient } from "../support/http.js";
import { Program, dataFolder } from "../support/program.js";
import { castAddress, printed, runToEnd } from "./programs.js";

/** The number of bytes that pass through the pipe. */
const MANY = 100_000_000;

/** The memory of the program, in KiB, with that many bytes on the way: it starts with about 90 MiB. */
const MAX_MEMORY = 250 * 1024;

describe("tailcast pipe", () => {
  it("copies its input to stdout and ends with it", async (t) => {
    const ended = await runToEnd(t, ["pipe"], {}, "one\ntwo\x1b[31m\r\0three");
    assert.deepEqual([ended.code, ended.stdout], [0, "one\ntwo\x1b[31m\r\0three"]);
    assert.match(ended.stderr, /^tailcast: live at http:\/\/127\.0\.0\.1:\d+\/builds\/\w{16}\n$/);
  });

  it("shows a late browser all lines", async (t) => {
    const program = new Program(t, ["pipe", "--name", "journal"]);
    program.child.stdin.write("early\n");
    await printed(program, "stdout", /early\n/);
    const { port, id } = await castAddress(program);
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    await client.until((events) => events.some(({ data }) => data.includes('"early"')));
    program.child.stdin.end("late\n");
    const events = await client.ended();
    assert.ok(events.some(({ data }) => data.includes('"late"')));
    assert.equal(events.at(-1)?.type, "end");
    assert.equal(await program.ended, 0);
  });

  it("ends with 141 when the reader of stdout has left, and with 143 after SIGTERM", async (t) => {
    const program = new Program(t, ["pipe"]);
    program.child.stdin.on("error", () => undefined);
    program.child.stdin.write("x".repeat(1_000_000));
    await once(program.child.stdout, "data");
    program.child.stdout.destroy();
    program.child.stdin.write("x".repeat(1_000_000));
    assert.equal(await program.ended, 141);
    const other = new Program(t, ["pipe"]);
    await castAddress(other);
    other.child.kill("SIGTERM");
    assert.equal(await other.ended, 143);
  });

  it("reads the rest of its input after SIGINT", async (t) => {
    const program = new Program(t, ["pipe"]);
    await castAddress(program);
    program.child.kill("SIGINT");
    program.child.stdin.end("the end\n");
    assert.equal(await program.ended, 130);
    assert.equal(program.stdout, "the end\n");
  });

  it("passes 100 MB on with bounded memory, and makes its writer wait for its reader", async (t) => {
    const folder = dataFolder(t);
    const path = join(folder, "input");
    const line = `${randomBytes(50).toString("hex")}\n`;
    writeFileSync(path, line.repeat(Math.ceil(MANY / line.length)));
    const child = spawn(process.execPath, ["dist/server.js", "pipe"], { stdio: ["pipe", "pipe", "ignore"] });
    t.after(() => child.kill("SIGKILL"));
    let written = 0;
    const source = createReadStream(path).on("data", (chunk) => (written += chunk.length));
    source.pipe(child.stdin);
    // The output is not read yet. The writer is blocked when it writes nothing for some time.
    await once(child.stdout, "readable");
    let before = -1;
    while (before !== written) {
      before = written;
      await delay(200);
    }
    assert.ok(before < 10_000_000, String(before));
    const hash = createHash("md5");
    let memory = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      hash.update(chunk);
      memory = Math.max(memory, residentMemory(child.pid));
    }
    assert.equal(hash.digest("hex"), createHash("md5").update(readFileSync(path)).digest("hex"));
    assert.ok(memory < MAX_MEMORY, `${memory} KiB`);
  });
});

/** The resident memory of a process, in KiB; 0 where it is unknown. */
function residentMemory(pid = 0): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
