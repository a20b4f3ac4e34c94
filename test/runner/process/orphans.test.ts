import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { endOrphans } from "../../../dist/runner/process/orphans.js";
import { createCookie } from "../../../dist/runner/process/marker.js";
import { identify } from "../../../dist/runner/process/identity.js";
import { Stage } from "../../support/actors.js";
import { watchDelays } from "../delays.js";
import { makeOthersImmortal } from "../immortal.js";
import type { TestContext } from "node:test";
import type { OrphanReport, OrphanSearch } from "../../../dist/runner/process/orphans.js";
import type { ProcessIdentity } from "../../../dist/runner/process/identity.js";
import type { Actor } from "../../support/actors.js";

const program = fileURLToPath(new URL("../../../test/fixtures/doomed-server.mjs", import.meta.url));
const FOR_EVER = 2 ** 31 - 1;

/** A build whose server was killed: the stored data of the build, and its command, which is still running. */
interface Orphanage {
  readonly stage: Stage;
  readonly cookie: string;
  readonly identity: ProcessIdentity;
  readonly main: Actor;
}

async function orphan(t: TestContext): Promise<Orphanage> {
  const stage = await Stage.open(t);
  const server = spawn(process.execPath, [program, JSON.stringify(stage.step("main"))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  const { cookie } = (await read()) as { cookie: string };
  const { identity } = (await read()) as { identity: ProcessIdentity };
  const main = await stage.actor("main");
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
  return { stage, cookie, identity, main };
}

/** Asserts that an actor is running: only then does it answer. */
async function assertAlive(actor: Actor): Promise<void> {
  await actor.do({ action: "onTerm", say: "" });
}

/** A report without its promise. */
async function endNow(search: OrphanSearch): Promise<Pick<OrphanReport, "found" | "areGone">> {
  const { found, areGone } = await endOrphans(search);
  return { found, areGone };
}

describe("endOrphans()", () => {
  it("ends the processes of a killed server: the command, its group, and those that have left it", async (t) => {
    const { stage, cookie, identity, main } = await orphan(t);
    await main.do({ action: "spawn", child: "inside", output: "ignore" });
    await main.do({ action: "spawn", child: "bare", output: "ignore", isBare: true });
    await main.do({ action: "spawn", child: "outside", output: "ignore", detached: true });
    const others = await Promise.all(["inside", "bare", "outside"].map((name) => stage.actor(name)));
    // Some ignore SIGTERM. They are still known after the leader of the group has ended.
    for (const other of others.slice(1)) await other.do({ action: "onTerm", say: "" });
    const report = await endNow({ cookie, identity, grace: 100 });
    assert.deepEqual(report, { found: 4, areGone: true });
    await Promise.all([main, ...others].map(({ gone }) => gone));
    assert.deepEqual(await endNow({ cookie, identity }), { found: 0, areGone: true });
  });

  it("continues in the background with those that cannot be ended", async (t) => {
    const { cookie, identity, main } = await orphan(t);
    watchDelays(t, 1);
    const makeMortal = makeOthersImmortal(t);
    const { found, areGone, gone } = await endOrphans({ cookie, identity, grace: 0 });
    assert.deepEqual({ found, areGone }, { found: 1, areGone: false });
    await assertAlive(main);
    makeMortal();
    assert.equal(await gone, true);
    await main.gone;
  });

  it("lets them exit within the grace", async (t) => {
    const { cookie, identity, main } = await orphan(t);
    // Its output has no reader now, so it prints nothing.
    await main.do({ action: "onTerm", say: "", code: 0 });
    assert.deepEqual(await endNow({ cookie, identity, grace: FOR_EVER }), { found: 1, areGone: true });
    await main.gone;
  });

  it("needs only the cookie", async (t) => {
    for (const identity of [undefined, null]) {
      const { stage, cookie, main } = await orphan(t);
      await main.do({ action: "spawn", child: "child", output: "ignore", detached: true });
      const child = await stage.actor("child");
      main.tell({ action: "exit", code: 0 });
      await main.gone;
      assert.deepEqual(await endNow({ cookie, identity, grace: 100 }), { found: 1, areGone: true });
      await child.gone;
    }
  });

  it("does not touch another process with the same pid, in this boot or another", async (t) => {
    const { identity, main } = await orphan(t);
    const cookie = createCookie();
    const others = [
      { ...identity, startTime: identity.startTime - 1 },
      { ...identity, bootId: "00000000-0000-0000-0000-000000000000" },
      { ...identity, pid: identity.pid + 2 ** 40 },
      { ...identity, pid: 0 },
      { ...identity, pid: -identity.pid },
    ];
    for (const other of others) {
      assert.deepEqual(await endNow({ cookie, identity: other, grace: 0 }), { found: 0, areGone: true });
    }
    await assertAlive(main);
    assert.deepEqual(await endNow({ cookie, identity, grace: 0 }), { found: 1, areGone: true });
    await main.gone;
  });

  it("does not touch a group whose leader has ended, since its id may belong to another group", async (t) => {
    const stage = await Stage.open(t);
    const cookie = createCookie();
    const { command, args } = stage.step("leader");
    const env = { ...process.env, TAILCAST_BUILD: cookie };
    // A child of this process: a process without a parent may not be reaped on this machine.
    const child = spawn(command, args, { detached: true, stdio: "ignore", env });
    const leader = await stage.actor("leader");
    const identity = identify(leader.pid);
    await leader.do({ action: "spawn", child: "member" });
    const member = await stage.actor("member");
    leader.tell({ action: "exit", code: 0 });
    await once(child, "exit");
    const strange = await endNow({ cookie: createCookie(), identity, grace: 0 });
    assert.deepEqual(strange, { found: 0, areGone: true });
    await assertAlive(member);
    assert.deepEqual(await endNow({ cookie, identity, grace: 0 }), { found: 1, areGone: true });
    await member.gone;
  });

  it("never ends its own process", async (t) => {
    const cookie = createCookie();
    const program = new URL("../../../dist/index.js", import.meta.url);
    const script = `
      import { endOrphans } from ${JSON.stringify(program)};
      const { found, areGone } = await endOrphans({ cookie: "${cookie}", grace: 0 });
      console.log(JSON.stringify({ found, areGone }));`;
    const env = { ...process.env, TAILCAST_BUILD: cookie };
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { env });
    t.after(() => child.kill("SIGKILL"));
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    assert.deepEqual(JSON.parse(String(output)), { found: 0, areGone: true });
  });

  it("refuses invalid options", async () => {
    const cookie = createCookie();
    const wrong: readonly (readonly [search: unknown, name: string])[] = [
      [undefined, "search"],
      [{}, "cookie"],
      [{ cookie: "" }, "cookie"],
      [{ cookie: `${cookie} ` }, "cookie"],
      [{ cookie, grace: -1 }, "grace"],
      [{ cookie, identity: 7 }, "identity"],
      [{ cookie, identity: { pid: "1", startTime: 1, bootId: "" } }, "identity"],
      [{ cookie, identity: { pid: 1, startTime: 1.5, bootId: "" } }, "identity"],
      [{ cookie, identity: { pid: 1, startTime: 1 } }, "identity"],
    ];
    for (const [search, name] of wrong) {
      const message = new RegExp(`^Cannot use "${name}": it must be `);
      await assert.rejects(endOrphans(search as OrphanSearch), { code: "INVALID_OPTION", message });
    }
  });
});
