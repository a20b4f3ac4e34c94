/** The programs of examples/ that embed a channel in a server: each is run, and followed by real clients. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { openSync, readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeCertificate } from "./support/certificate.mjs";
import { makeFolder } from "./support/folder.mjs";
import { checkHost } from "./support/host-checks.mjs";
import { assertTable } from "./support/host-table.mjs";
import { HOSTS } from "./support/hosts.mjs";
import { Program } from "./support/program.mjs";
import { RUNTIMES } from "./support/runtimes.mjs";
import { until } from "./support/until.mjs";

const EXAMPLES = new URL("../../examples/", import.meta.url);
/** The program that lets Node run TypeScript with decorators, and its settings. */
const TSX = new URL("frameworks/node_modules/tsx/dist/loader.mjs", EXAMPLES).href;
const TSCONFIG = new URL("frameworks/tsconfig.json", EXAMPLES);

/** The version of Node that runs the tests. */
const RUNNING = process.versions.node.split(".")[0];

/** `HOST=Fastify` checks only the hosts with this text in their title. */
const ONLY = process.env.HOST ?? "";

const programs = new Map();

/** Resolves with the path of a version of Node, which npx brings. */
async function findNode(version) {
  if (version === RUNNING) return process.execPath;
  const args = ["--yes", `--package=node@${version}`, "--", "sh", "-c", "command -v node"];
  if (!programs.has(version)) programs.set(version, promisify(execFile)("npx", args));
  return (await programs.get(version)).stdout.trim();
}

describe("examples", () => {
  /** The number of versions of Node with which a host passed, by `<title of the host>: <title of the check>`. */
  const passed = new Map();

  it("keep the promise in each host", { concurrency: 6 }, async (t) => {
    const { cert, key } = await makeCertificate(t);
    const folder = await makeFolder(t);
    const run = async (t, row, version) => {
      const path = fileURLToPath(new URL(row.file, EXAMPLES));
      const [program, ...args] = row.runtime === undefined ? [await findNode(version)] : RUNTIMES[row.runtime]();
      args.push(...(path.endsWith(".ts") ? ["--import", TSX] : []), path);
      const errors = `${folder}/${row.title} ${version}`;
      const stderr = openSync(errors, "a");
      const env = { TLS_KEY: key, TLS_CERT: cert, TSX_TSCONFIG_PATH: fileURLToPath(TSCONFIG) };
      const server = await Program.start(t, (PORT) => ({ program, args, env: { ...env, PORT }, stderr }));
      await checkHost(t, row, server, passed);
      assert.equal(readFileSync(errors, "utf8"), "", "clients that leave are no errors");
    };
    const tests = HOSTS.flatMap((row) => {
      const { title, versions = [RUNNING] } = row;
      if (!title.includes(ONLY)) return [];
      const titleWith = (version) => (row.runtime === undefined ? `${title}, Node ${version}` : title);
      return versions.map((version) => t.test(titleWith(version), (t) => run(t, row, version)));
    });
    await Promise.all(tests);
  });

  it("are listed in the README with what was checked", { skip: ONLY !== "" }, () => {
    assertTable("hosts", HOSTS, passed);
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
    // In model-examples.test.mjs.
    executed.push("frameworks/ai-sdk-resume.js", "frameworks/mcp-server.js");
    assert.deepEqual(files.map((name) => `frameworks/${name}`).sort(), executed.sort());
  });
});
