/** The root of a monorepo without a `build` script, built with each real package manager. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { managers } from "../../dist/runner/package-manager/managers.js";
import { BuildServer } from "./support/build-server.mjs";
import { makeFolder } from "./support/folder.mjs";
import { factsOf, pathWith } from "./support/managers.mjs";

describe("the root of a monorepo without the script", () => {
  for (const { name } of managers) {
    it(`is built in the members that have it, by ${name}`, async (t) => {
      const manifest = (fields) => JSON.stringify({ version: "1.0.0", private: true, ...fields });
      const root = await makeFolder(t, {
        "package.json": manifest({ name: "root", workspaces: ["packages/*"] }),
        "packages/a/package.json": manifest({ name: "a", scripts: { build: "echo built-a" } }),
        "packages/b/package.json": manifest({ name: "b", scripts: { other: "echo built-b" } }),
        "packages/c/package.json": manifest({ name: "c", scripts: { build: "echo built-c" } }),
        ...factsOf(name).monorepo,
      });
      const server = await BuildServer.start(t, { args: ["--root", root], path: await pathWith(t, name) });
      const body = JSON.stringify({ projectPath: root, install: "update" });
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${server.url}/api/project/build`, { method: "POST", body, headers });
      const { build } = await reply.json();
      assert.equal(reply.status, 202);
      const log = await server.log(build.id);
      const [{ status, packageManager }] = await server.builds();
      assert.deepEqual([status, packageManager], ["succeeded", name], log.join("\n"));
      // Some managers show the name of the member in front of a line, and the command.
      const lines = log.filter((line) => !line.includes("echo"));
      const built = ["a", "b", "c"].filter((member) => lines.some((line) => line.endsWith(`built-${member}`)));
      assert.deepEqual(built, ["a", "c"], log.join("\n"));
    });
  }
});
