/** The programs of examples/ that embed a channel in a server: each is run, and followed by real clients. */
import assert from "node:assert/strict";
import { openSync, readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { makeCertificate } from "./support/certificate.mjs";
import { makeFolder } from "./support/folder.mjs";
import { checkHost } from "./support/host-checks.mjs";
import { assertTable } from "./support/host-table.mjs";
import { HOSTS, NODE_VERSIONS } from "./support/hosts.mjs";
import { findNode } from "./support/node-versions.mjs";
import { Program } from "./support/program.mjs";
import { RUNTIMES } from "./support/runtimes.mjs";
import { until } from "./support/until.mjs";

const EXAMPLES = new URL("../../examples/", import.meta.url);
/** The program that lets Node run TypeScript with decorators, and its settings. */
const TSX = new URL("frameworks/node_modules/tsx/dist/loader.mjs", EXAMPLES).href;
const TSCONFIG = new URL("frameworks/tsconfig.json", EXAMPLES);

/** `HOST=Fastify` checks only the hosts with this text in their title. */
const ONLY = process.env.HOST ?? "";

describe("examples", () => {
  /** The number of runs in which a host passed, by `<title of the host>: <title of the check>`. */
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
      const { title, runtime } = row;
      if (!title.includes(ONLY)) return [];
      if (runtime !== undefined) return [t.test(title, (t) => run(t, row, runtime))];
      return NODE_VERSIONS.map((version) => t.test(`${title}, Node ${version}`, (t) => run(t, row, version)));
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
