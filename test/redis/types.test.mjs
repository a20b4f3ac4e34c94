/** The types of the clients and of the adapters fit together. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OPTIONS = ["--ignoreConfig", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module", "nodenext"];

describe("the types of tailcast/redis", () => {
  it("accept the clients of redis and ioredis", async () => {
    const args = [...OPTIONS, "--target", "es2023", "--skipLibCheck", "--types", "node"];
    args.push("test/redis/support/client-types.ts");
    const compile = promisify(execFile)(`${ROOT}node_modules/.bin/tsc`, args, { cwd: ROOT });
    const output = await compile.then(({ stdout }) => stdout).catch(({ stdout }) => stdout);
    assert.equal(output, "");
  });
});
