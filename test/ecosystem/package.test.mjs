/** The package as others see it: compilers of several versions, bundlers, linters of packages. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { BROWSERS } from "./support/browsers.mjs";
import { makeFolder } from "./support/folder.mjs";
import { WebServer } from "./support/web-server.mjs";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));

/** Runs a program of a package with Node; what it printed is the message of a failure. */
function runNode(args, options) {
  return run(process.execPath, args, options).catch(({ message, stdout, stderr }) =>
    assert.fail(`${message}\n${stdout}${stderr}`),
  );
}

/** Each compiler, the types of Node that it can read, and the ways to find modules that it knows. */
const COMPILERS = [
  { name: "typescript-5.0", node: "types-node-18", resolutions: ["node10", "node16", "nodenext", "bundler"] },
  { name: "typescript-5.4", node: "types-node-18", resolutions: ["node10", "node16", "nodenext", "bundler"] },
  { name: "typescript-5.9", node: "types-node-24", resolutions: ["node10", "node16", "nodenext", "bundler"] },
  { name: "typescript-6.0", node: "types-node-24", resolutions: ["node16", "nodenext", "bundler"] },
  { name: "typescript", node: "types-node-24", resolutions: ["node16", "nodenext", "bundler"] },
];

describe("the package", () => {
  const releases = [];
  let folder;
  let tarball;

  after(async () => {
    for (const release of releases) await release();
  });

  before(async () => {
    const files = { "package.json": '{ "type": "module", "private": true }' };
    folder = await makeFolder({ after: (release) => releases.push(release) }, files);
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const [{ filename }] = JSON.parse((await run("npm", pack, { cwd: ROOT })).stdout);
    tarball = join(folder, filename);
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: folder });
  });

  /** A project with sources of its own and the packed library. */
  async function makeProject(t, files, manifest = { type: "module", private: true }) {
    const project = await makeFolder(t, { "package.json": JSON.stringify(manifest), ...files });
    await symlink(join(folder, "node_modules"), join(project, "node_modules"), "dir");
    return project;
  }

  for (const { name, node, resolutions } of COMPILERS) {
    for (const moduleResolution of resolutions) {
      it(`has types for ${name}, ${moduleResolution}`, async (t) => {
        const project = await makeProject(t, {});
        await cp(join(HERE, "consumers"), project, { recursive: true });
        const types = join(project, "types/node");
        await mkdir(dirname(types));
        await symlink(join(HERE, "node_modules", node), types, "dir");
        const module = moduleResolution.startsWith("node1") && moduleResolution !== "node16" ? "es2022" : undefined;
        const shared = {
          moduleResolution,
          module: module ?? (moduleResolution === "bundler" ? "es2022" : moduleResolution),
          target: "es2022",
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
        };
        const tsc = join(name === "typescript" ? ROOT : HERE, "node_modules", name, "bin/tsc");
        for (const [file, options] of [
          // Node's types of each version fit only some compilers; ours must fit all.
          ["server.ts", { lib: ["es2022"], types: ["node"], typeRoots: [dirname(types)], skipLibCheck: true }],
          ["browser.ts", { lib: ["es2022", "dom"], types: [], skipLibCheck: false }],
        ]) {
          const config = { compilerOptions: { ...shared, ...options }, files: [file] };
          await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
          await runNode([tsc, "-p", project]);
        }
      });
    }
  }

  it("is without fault for publint", async () => {
    const publint = join(HERE, "node_modules/publint/src/cli.js");
    const { stdout } = await runNode([publint, "run", tarball, "--strict"], { env: { ...process.env, NO_COLOR: "1" } });
    assert.match(stdout, /All good!/);
  });

  it("is without fault for @arethetypeswrong/cli, but for being an ES module", async () => {
    const attw = join(HERE, "node_modules/@arethetypeswrong/cli/dist/index.js");
    // The package is an ES module only. require() loads it in every version of Node that it supports, as the next test
    // shows, so the one warning about CommonJS is ignored.
    const { stdout } = await runNode([attw, tarball, "--format", "json", "--ignore-rules", "cjs-resolves-to-esm"]);
    const { problems } = JSON.parse(stdout);
    assert.deepEqual(Object.keys(problems), ["CJSResolvesToESM"]);
  });

  it("is loaded by require()", async (t) => {
    const project = await makeProject(t, {}, { private: true });
    const require = createRequire(join(project, "main.js"));
    assert.equal(typeof require("tailcast").Channel, "function");
    assert.equal(typeof require("tailcast/protocol").encodeEvent, "function");
  });

  const ENTRY = `
    import { EventStreamDecoder, encodeEvent } from "tailcast/protocol";
    const bytes = new TextEncoder().encode(encodeEvent({ id: "7", data: "two\\nlines" }));
    globalThis.decoded = new EventStreamDecoder().decode(bytes);`;

  async function bundle(t, contents, platform) {
    const project = await makeProject(t, {});
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: project },
      bundle: true,
      format: "iife",
      platform,
      minify: true,
      write: false,
      logLevel: "silent",
    });
    return outputFiles[0].text;
  }

  it("bundles its protocol for browsers, and nothing else", async (t) => {
    const script = await bundle(t, ENTRY, "browser");
    assert.ok(script.length < 8000, `${script.length} characters`);
    const encode = 'import { encodeEvent } from "tailcast/protocol"; console.log(encodeEvent({ data: "" }));';
    const encoder = await bundle(t, encode, "browser");
    assert.ok(encoder.length < script.length / 2, "the decoder is left out");
  });

  for (const { name, launch } of BROWSERS) {
    it(`runs its protocol in ${name}`, async (t) => {
      const script = await bundle(t, ENTRY, "browser");
      const server = await WebServer.start(t);
      const browser = await launch();
      t.after(() => browser.close());
      const { page } = await browser.open(t, server.url());
      const decoded = await page.evaluate((script) => {
        (0, eval)(script);
        return globalThis.decoded;
      }, script);
      assert.deepEqual(decoded, [{ type: "message", data: "two\nlines", lastEventId: "7" }]);
    });
  }
});
