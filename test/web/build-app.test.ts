import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { buildAppSettings } from "../../dist/web/build-app-options.js";
import { BuildApp } from "../../dist/web/build-app.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, RawClient, ask } from "../support/http.js";
import { build, buildIn, start, texts } from "./app.js";

const noNice = getPriority() > 16 && "this process has a lower priority than the test gives to programs";

describe("BuildApp: limits", () => {
  it("bounds a build's log", async (t) => {
    const { port, stage } = await start(t, { logLimit: 1 });
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const actor = await stage.actor("build");
    await actor.do({ action: "write", text: "one\ntwo\n" });
    actor.tell({ action: "exit", code: 0 });
    const lines = texts(await client.ended());
    const notice = "the log has reached its limit of 1 byte; only the end of this step is kept";
    assert.ok(lines.indexOf(notice) < lines.lastIndexOf("one"), lines.join("\n"));
    assert.equal(lines[lines.lastIndexOf("one") + 1], "two");
  });

  it("limits the programs that planning asks for their version", { skip: noNice }, async (t) => {
    const bin = await makeFolder(t, { pnpm: "#!/bin/sh\nsleep 0.1; echo $(nice).0.0\n" });
    await chmod(join(bin, "pnpm"), 0o755);
    const env = { PATH: [bin, process.env["PATH"]].join(delimiter) };
    const { port, root } = await start(t, { nice: 17, env });
    await writeFile(join(root, "project", "pnpm-lock.yaml"), "");
    const { id } = buildIn(await build(port, "project"));
    const client = await EventClient.open(port, `/api/builds/${id}/events`);
    const first = /^pnpm 17\.0\.0 on Node\.js [\d.]+, because pnpm-lock\.yaml is there/;
    assert.match(texts(await client.ended())[0] ?? "", first);
  });

  it("limits the clients of each stream; a browser reconnects automatically", async (t) => {
    const { port } = await start(t, { maxClients: 1 });
    const first = await EventClient.open(port, "/api/log/push");
    const second = await EventClient.open(port, "/api/log/push");
    assert.equal(second.status, 200);
    await second.ended();
    assert.ok((second.decoder.retry ?? 0) > 0);
    first.close();
  });

  it("limits the clients that read a log as text", async (t) => {
    const { port, stage } = await start(t, { maxClients: 1 });
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    const first = new RawClient(port).get(`/api/builds/${id}/log`);
    await first.until("npm");
    assert.equal((await ask(port, "GET", `/api/builds/${id}/log`)).status, 503);
    actor.tell({ action: "exit", code: 0 });
  });

  it("sends heartbeats after the silence that channels allow, unless the option says otherwise", () => {
    assert.equal(buildAppSettings({ roots: ["/"] }).heartbeat, 7000);
    assert.equal(buildAppSettings({ roots: ["/"], heartbeat: 0 }).heartbeat, 0);
  });

  it("closes with `await using`", async (t) => {
    const { port, app } = await start(t);
    await app[Symbol.asyncDispose]();
    const refused = await build(port, "project");
    assert.equal((refused.json["error"] as { code: string }).code, "SHUTTING_DOWN");
  });

  it("refuses bad options, naming them", async () => {
    await assert.rejects(BuildApp.open({ roots: [], heartbeat: -1 }), { code: "INVALID_OPTION" });
    await assert.rejects(BuildApp.open({ roots: [], concurrency: 0 }), { code: "INVALID_OPTION" });
    const bad = [
      { roots: undefined },
      { roots: "/srv" },
      { roots: [""] },
      { token: "" },
      { token: 5 },
      { token: "half \ud83d" },
      { token: "s3cret", host: "0.0.0.0" },
      { viewerToken: "v13wer" },
      { viewerToken: "s3cret", token: "s3cret" },
      { viewerToken: "v13wer", token: "0123456789abcdefghij", host: "0.0.0.0" },
      { sessionLifetime: 0 },
      { sessionLifetime: 2 ** 31 },
      { readOnly: "yes" },
      { allowedOrigins: "http://x" },
      { allowedOrigins: ["null"] },
      { allowedOrigins: ["https://ci.example/"] },
      { allowedOrigins: ["ftp://ci.example"] },
      { allowCredentials: "yes" },
      { trustProxy: -1 },
      { trustProxy: "10.0.0.1" },
      { trustProxy: ["10.0.0.0/33"] },
      { host: 1 },
      { plan: {} },
      { onError: 1 },
    ];
    for (const options of bad) {
      const [name = "roots"] = Object.keys(options);
      await assert.rejects(
        BuildApp.open({ roots: [], ...options } as never),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_OPTION");
          assert.match(error.message, new RegExp(`"${name}"`));
          return true;
        },
      );
    }
  });
});
