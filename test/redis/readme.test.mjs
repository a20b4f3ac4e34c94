/** The example of src/redis/README.md, with a real server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RedisServer } from "./support/redis-server.mjs";

const run = promisify(execFile);

describe("src/redis/README.md", () => {
  it("has an example that prints what it says", async (t) => {
    const text = await readFile(new URL("../../src/redis/README.md", import.meta.url), "utf8");
    const [, example] = /```js\n(.*?)```/s.exec(text);
    const [, output] = /```text\n(.*?)```/s.exec(text);
    const server = await RedisServer.start(t);
    // Its imports are found from this folder.
    const program = fileURLToPath(new URL("example.tmp.mjs", import.meta.url));
    t.after(() => rm(program, { force: true }));
    await writeFile(program, example.replaceAll('"tailcast', '"../../dist').replaceAll('/redis"', '/redis/index.js"'));
    const { stdout } = await run(process.execPath, [program], {
      env: { ...process.env, REDIS_URL: server.url },
      timeout: 20_000,
    });
    assert.equal(stdout.replaceAll(/^id: \w+-/gm, "id: …-"), output);
  });
  it("names a script and options that exist", async () => {
    const text = await readFile(new URL("../../src/redis/README.md", import.meta.url), "utf8");
    const [, script, first, second] = /npm run (\w+) --prefix test\/redis -- (--\w+) \d+ (--\w+) \d+/.exec(text);
    const { scripts } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));
    const [, program] = scripts[script].split(" ");
    const { stdout } = await run(process.execPath, [program, first, "0", second, "1"], { cwd: import.meta.dirname });
    assert.equal(stdout, "");
  });
});
