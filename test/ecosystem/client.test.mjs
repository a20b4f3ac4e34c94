/** `tailcast/client` from the tarball: in other runtimes, in a page, through nginx, over TLS and HTTP/2. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createSecureServer } from "node:http2";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Agent, fetch as undiciFetch } from "undici";
import { Channel } from "../../dist/index.js";
import { makeCertificate } from "./support/certificate.mjs";
import { ChannelServer } from "./support/channel-server.mjs";
import { launchChromium, openContext } from "./support/chromium.mjs";
import { makeFolder } from "./support/folder.mjs";
import { startNginx } from "./support/nginx.mjs";
import { openPage } from "./support/page-clients.mjs";
import { Seen } from "./support/seen.mjs";
import { until } from "./support/until.mjs";
import { WebServer } from "./support/web-server.mjs";

const run = promisify(execFile);
const ROOT = pathOf("../../");

const RUNTIMES = [
  { name: "Node", command: [process.execPath] },
  { name: "Bun", command: [pathOf("node_modules/bun/bin/bun.exe")] },
  { name: "Deno", command: [process.execPath, pathOf("node_modules/deno/bin.cjs"), "run", "--allow-all", "--no-lock"] },
];

/** Prints the data of each event; ends with the stream. */
const PROGRAM = `
import { EventSource, follow } from "tailcast/client";
for await (const { data } of follow("URL")) console.log(data);
const source = new EventSource("URL");
source.onerror = () => console.log(source.readyState === EventSource.CLOSED ? "closed" : "open");
`;

function pathOf(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Publishes numbers before and after each interruption; the client must receive each of them once and in order. */
async function assertNothingMissed(channel, seen, interrupt) {
  await until(() => channel.clientCount === 1);
  let number = 0;
  const publish = (count) => {
    while (count-- > 0) channel.publish(String(++number));
  };
  for (let round = 0; round < 2; round++) {
    publish(10);
    await seen.count(number);
    await interrupt();
    publish(10);
    await seen.count(number);
  }
  assert.deepEqual(seen.items, Array.from({ length: number }, (_, index) => String(index + 1)));
}

describe("tailcast/client", () => {
  const releases = [];
  const all = { after: (release) => releases.unshift(release) };
  let folder;
  let follow;

  before(async () => {
    folder = await makeFolder(all, { "package.json": '{ "type": "module" }', "node_modules/tailcast/empty": "" });
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const [{ filename }] = JSON.parse((await run("npm", pack, { cwd: ROOT })).stdout);
    const target = join(folder, "node_modules/tailcast");
    await run("tar", ["-xzf", join(folder, filename), "-C", target, "--strip-components=1"]);
    ({ follow } = await import(pathToFileURL(join(target, "dist/client/index.js")).href));
  });

  after(async () => {
    for (const release of releases) await release();
  });

  /** Reads a stream in this process. `leave` ends that, at the latest with the test. */
  function read(t, url, options) {
    const seen = new Seen();
    const follower = follow(url, { retry: { initial: 50 }, ...options });
    const reading = (async () => {
      for await (const { data } of follower) seen.add(data);
    })();
    const leave = async () => {
      await follower.return();
      await reading;
    };
    t.after(leave);
    return { seen, leave };
  }

  for (const { name, command } of RUNTIMES) {
    it(`misses no event in ${name}, and ends after 204`, async (t) => {
      const server = await ChannelServer.start(t);
      const cache = await makeFolder(t);
      const file = join(folder, `${name}.mjs`);
      await writeFile(file, PROGRAM.replaceAll("URL", server.events));
      const [program, ...args] = [...command, file];
      const env = { ...process.env, DENO_DIR: cache, NO_COLOR: "1" };
      const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"], detached: true });
      const closed = once(child, "close");
      t.after(() => child.exitCode ?? process.kill(-child.pid, "SIGKILL"));
      const seen = new Seen();
      createInterface(child.stdout).on("line", seen.add);
      await assertNothingMissed(server.channel, seen, () => server.drop());
      server.channel.end();
      assert.deepEqual(await closed, [0, null]);
      assert.equal(seen.items.at(-1), "closed");
      assert.equal(server.requests.at(-1).status, 204);
    });
  }

  it("misses no event in a page of another origin, bundled by esbuild", async (t) => {
    const web = await WebServer.start(t);
    const server = await ChannelServer.start(t, { cors: { origins: [web.url()] } });
    const { outputFiles } = await build({
      stdin: { contents: 'export * from "tailcast/client";', resolveDir: folder },
      bundle: true,
      format: "iife",
      globalName: "client",
      platform: "browser",
      minify: true,
      write: false,
    });
    const browser = await launchChromium();
    t.after(() => browser.close());
    const { page, seen } = await openPage(await openContext(t, browser), web.url());
    const preflights = () => server.requests.filter(({ status }) => status === 204).length;
    await page.addScriptTag({ content: outputFiles[0].text });
    await page.evaluate(async (url) => {
      window.follower = window.client.follow(url);
      void (async () => {
        for await (const { data } of window.follower) window.see(data);
      })();
    }, server.events);
    await until(() => server.channel.clientCount === 1);
    assert.equal(preflights(), 0, "the first request needs no permission");
    await assertNothingMissed(server.channel, seen, () => server.drop());
    await page.evaluate(() => window.follower.return());
    await until(() => server.channel.clientCount === 0);
  });

  it("misses no event through nginx while the server behind it restarts", async (t) => {
    const channel = new Channel({ retry: 50 });
    const listen = async (port) => {
      const server = createServer(channel.handle).listen(port, "127.0.0.1");
      await once(server, "listening");
      return server;
    };
    let server = await listen(0);
    t.after(() => server.close());
    t.after(() => channel.close());
    const { port } = server.address();
    const root = `location / { proxy_pass http://127.0.0.1:${port}; proxy_buffering off; }`;
    const statuses = [];
    const onConnection = ({ error }) => error?.status !== undefined && statuses.push(error.status);
    const { seen } = read(t, await startNginx(t, port, root), { retryStatuses: true, onConnection });
    await assertNothingMissed(channel, seen, async () => {
      const count = statuses.length;
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
      await until(() => statuses.length > count);
      server = await listen(port);
    });
    assert.deepEqual([...new Set(statuses)], [502]);
  });

  describe("over TLS, through fetch of undici", () => {
    for (const [protocol, allowH2] of [
      ["HTTP/1.1", false],
      ["HTTP/2", true],
    ]) {
      it(`misses no event over ${protocol}, and closes its stream`, async (t) => {
        const files = await makeCertificate(t);
        const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
        const channel = new Channel({ retry: 50 });
        const sockets = new Set();
        const versions = new Set();
        const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
          versions.add(request.httpVersion);
          channel.handle(request, response);
        });
        server.on("secureConnection", (socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));
        await once(server.listen(0, "127.0.0.1"), "listening");
        const drop = () => sockets.forEach((socket) => socket.destroy());
        const dispatcher = new Agent({ allowH2, connect: { ca: cert } });
        t.after(async () => {
          await channel.close();
          await dispatcher.destroy();
          drop();
          server.close();
        });
        const fetch = (url, init) => undiciFetch(url, { ...init, dispatcher });
        const { seen, leave } = read(t, `https://localhost:${server.address().port}/`, { fetch });
        await assertNothingMissed(channel, seen, drop);
        await leave();
        await until(() => channel.clientCount === 0);
        assert.deepEqual([...versions], [allowH2 ? "2.0" : "1.1"]);
      });
    }
  });
});
