import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeFolder } from "../support/folders.js";
import { ask } from "../support/http.js";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const CONSUMER = `
import { createServer } from "node:http";
import { Channel, EventStreamDecoder, TailcastError, encodeEvent } from "tailcast";
import { EventStreamDecoder as Decoder } from "tailcast/protocol";
import type { ChannelOptions, ChosenInputs, DecodedEvent, DiagnosticsMessages, TailcastErrorCode } from "tailcast";
import type { BuildEnvironmentOptions, HttpErrorCode, LogEntry, LogLevel, OutputMode } from "tailcast";

type Named = [BuildEnvironmentOptions, ChosenInputs, HttpErrorCode, LogEntry, LogLevel, OutputMode];
const named: Partial<Named> = [{ color: true }];
const stalled = ({ client }: DiagnosticsMessages["tailcast:stall"]): string => client.lastEventId;
const options: ChannelOptions = { capacity: 10, heartbeat: undefined };
const channel: Channel = new Channel(options);
createServer((request, response) => channel.handle(request, response));
const id: string = channel.publish({ data: "x", event: "push" });
const events: DecodedEvent[] = new EventStreamDecoder().decode(new TextEncoder().encode(encodeEvent({ data: "hi" })));
// @ts-expect-error data is required
const incomplete = () => channel.publish({ event: "push" });
const code: TailcastErrorCode = new TailcastError("INVALID_EVENT", "x").code;
console.log(id.length > 0, events[0]?.data, code, typeof incomplete, Decoder === EventStreamDecoder);
console.log(named.length, typeof stalled);
`;

describe("the package", () => {
  it("works when installed into an empty project: import with types, and npx tailcast", async (t) => {
    const folder = await makeFolder(t, {
      "package.json": JSON.stringify({ name: "consumer", type: "module", private: true }),
      "consumer.ts": CONSUMER,
    });
    const { stdout: packed } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
      cwd: ROOT,
    });
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    // Compiled files with their types, without maps: the source that they point to is not in the package.
    const shipped = /^dist\/(?:assets\/.*\.(?:js|html|css|svg)|(?!(?:assets|bundle|page)\/).*\.(?:js|d\.ts))$/;
    assert.deepEqual(
      paths.filter((path) => !shipped.test(path)),
      ["LICENSE", "README.md", "package.json"],
    );
    for (const path of ["index", "protocol/index", "server"]) {
      for (const ending of [".js", ".d.ts"]) assert.ok(paths.includes(`dist/${path}${ending}`), path);
    }
    for (const path of ["index.html", "main.js", "style.css", "sign-in.js", "icons/running.svg"]) {
      assert.ok(paths.includes(`dist/assets/${path}`), path);
    }
    // A module of types alone is an "export {}".
    const contents = paths.map((path) => readFileSync(join(ROOT, path), "utf8")).filter((text) => text.length > 99);
    assert.equal(new Set(contents).size, contents.length, "a file is in the package twice");
    assert.ok(!contents.some((text) => text.includes("sourceMappingURL")));
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
    assert.deepEqual(
      (await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")),
      ["tailcast"],
    );

    // Compiled with strict options, with Node's types of this repository.
    const options = {
      module: "nodenext",
      target: "es2023",
      strict: true,
      exactOptionalPropertyTypes: true,
      types: ["node"],
    };
    const typeRoots = [join(ROOT, "node_modules/@types")];
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...options, typeRoots }, include: ["consumer.ts"] }),
    );
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]);
    const { stdout } = await run(process.execPath, ["consumer.js"], { cwd: folder });
    assert.equal(stdout, "true hi INVALID_EVENT function true\n1 function\n");

    const child = spawn("npx", ["--no-install", "tailcast", "--port", "0"], {
      cwd: folder,
      // When npx runs these tests with another version of Node, this one would look for that package.
      env: { ...process.env, npm_config_package: undefined, XDG_STATE_HOME: join(folder, "state") },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const ended = once(child, "close").then(([code]) => assert.fail(`npx ended with ${code} and printed no address`));
    const [line] = (await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), ended])) as [string];
    const port = Number(/^http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]);
    assert.equal((await ask(port, "GET", "/")).status, 200);
    process.kill(-(child.pid ?? 0), "SIGTERM");
    await assert.rejects(ended);
    // The data of the server, which would otherwise be in the home folder.
    assert.deepEqual(await readdir(join(folder, "state")), ["tailcast"]);
  });
});
