/** The programs of examples/ that embed a channel in a server: each is run, and followed by real clients. */
import assert from "node:assert/strict";
import { openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { makeCertificate } from "./support/certificate.mjs";
import { makeFolder } from "./support/folder.mjs";
import { CHECKS, Host } from "./support/host-checks.mjs";
import { HOSTS, hostTable } from "./support/hosts.mjs";
import { Program } from "./support/program.mjs";
import { until } from "./support/until.mjs";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const README = new URL("README.md", EXAMPLES);
/** The program that lets Node run TypeScript with decorators, and its settings. */
const TSX = new URL("frameworks/node_modules/tsx/dist/loader.mjs", EXAMPLES).href;
const TSCONFIG = new URL("frameworks/tsconfig.json", EXAMPLES);

describe("examples", () => {
  /** `<title of the host>: <title of the check>`, for each that passed. */
  const passed = new Set();

  it("keep the promise in each host", { concurrency: 5 }, async (t) => {
    const { cert, key } = await makeCertificate(t);
    const folder = await makeFolder(t);
    const run = async (t, row, index) => {
      const path = fileURLToPath(new URL(row.file, EXAMPLES));
      const args = path.endsWith(".ts") ? ["--import", TSX, path] : [path];
      const errors = `${folder}/${index}`;
      const stderr = openSync(errors, "a");
      const env = { TLS_KEY: key, TLS_CERT: cert, TSX_TSCONFIG_PATH: fileURLToPath(TSCONFIG) };
      const program = await Program.start(t, (PORT) => ({ args, env: { ...env, PORT }, stderr }));
      const host = new Host(program, row);
      for (const { title, promise, appliesTo, check } of CHECKS) {
        if (appliesTo?.(row) === false) continue;
        await t.test(promise, async (t) => {
          await check(host, t);
          passed.add(`${row.title}: ${title}`);
        });
      }
      assert.equal(readFileSync(errors, "utf8"), "", "clients that leave are no errors");
    };
    await Promise.all(HOSTS.map((row, index) => t.test(row.title, (t) => run(t, row, index))));
  });

  it("are listed in the README with what was checked", () => {
    const table = hostTable(CHECKS, (host, check) => passed.has(`${host.title}: ${check.title}`));
    const text = readFileSync(README, "utf8");
    const updated = text.replace(/(?<=<!-- hosts -->\n)[\s\S]*?(?=<!-- end of hosts -->)/, `\n${table}\n`);
    if (process.env.UPDATE === "1") writeFileSync(README, updated);
    else assert.equal(text, updated, "UPDATE=1 writes the table");
  });

  it("hono-token-stream.js: sends an answer, and stops the model when the client leaves", async (t) => {
    const args = [fileURLToPath(new URL("frameworks/hono-token-stream.js", EXAMPLES))];
    const program = await Program.start(t, (PORT) => ({ args, env: { PORT } }));
    const ask = (signal) => fetch(`${program.url}/answer`, { method: "POST", body: "why?", signal });
    const text = await (await ask()).text();
    assert.match(text, /^:\ndata: You \n\ndata: asked: \n\ndata: why\?\ndata: \n\n[^]*event: done\ndata: \n\n$/);
    await until(() => program.output === `${program.url}\ncomplete\n`);
    const controller = new AbortController();
    const { body } = await ask(controller.signal);
    await body.getReader().read();
    controller.abort();
    await until(() => program.output.endsWith("complete\nstopped\n"));
  });

  it("in frameworks are all executed here", () => {
    const files = readdirSync(new URL("frameworks/", EXAMPLES)).filter((name) => /\.[jt]s$/.test(name));
    const executed = HOSTS.map(({ file }) => file).filter((file) => file.startsWith("frameworks/"));
    executed.push("frameworks/hono-token-stream.js");
    assert.deepEqual(files.map((name) => `frameworks/${name}`).sort(), executed.sort());
  });
});
