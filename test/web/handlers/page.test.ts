import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, ask } from "../../support/http.js";
import { build, codeIn, start } from "../app.js";

describe("BuildApp: the page", () => {
  it("is served with a strict policy, and again only when it changed", async (t) => {
    const { port } = await start(t);
    const page = await ask(port, "GET", "/");
    assert.equal(page.status, 200);
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(page.headers["x-content-type-options"], "nosniff");
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      assert.equal((await ask(port, "GET", file ?? "")).status, 200, file);
    }
    // Every module that the page loads, those of src/terminal among them.
    const modules = new Set(["/page/main.js"]);
    for (const path of modules) {
      const { status, text } = await ask(port, "GET", path);
      assert.equal(status, 200, path);
      for (const [, target = ""] of text.matchAll(/ from "([^"]+)"/g)) {
        modules.add(new URL(target, `http://localhost${path}`).pathname);
      }
    }
    assert.ok(modules.has("/terminal/controls.js"));
    const again = await ask(port, "GET", "/", { headers: { "If-None-Match": String(page.headers.etag) } });
    assert.deepEqual([again.status, again.text], [304, ""]);
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("offers the projects below the roots", async (t) => {
    const { port, root } = await start(t);
    assert.deepEqual((await ask(port, "GET", "/api/projects")).json, {
      projects: [
        { path: `${root}/other`, name: "other" },
        { path: `${root}/project`, name: "build" },
      ],
    });
  });
});

describe("BuildApp: origins and the token", () => {
  it("answers the preflight and the request of an allowed origin", async (t) => {
    const { port } = await start(t, { allowedOrigins: ["https://ci.example"] });
    const preflight = await ask(port, "OPTIONS", "/api/project/build", {
      headers: {
        Origin: "https://ci.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], "https://ci.example");
    assert.match(String(preflight.headers["access-control-allow-headers"]), /Content-Type/);
    const refused = await build(port, "missing", { Origin: "https://ci.example" });
    assert.equal(refused.status, 404);
    assert.equal(refused.headers["access-control-allow-origin"], "https://ci.example", "errors can be read, too");
    assert.equal(refused.headers["access-control-allow-credentials"], undefined);
    const feed = await EventClient.open(port, "/api/log/push", { Origin: "https://ci.example" });
    assert.equal(feed.headers["access-control-allow-origin"], "https://ci.example");
    feed.close();
  });

  it("asks everybody for the token, but for its health", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/page/main.js"],
      ["GET", "/api/builds"],
      ["GET", "/api/log/push"],
      ["POST", "/api/project/build"],
    ] as const) {
      const answer = await ask(port, method, path);
      assert.deepEqual([answer.status, codeIn(answer)], [401, "UNAUTHORIZED"], path);
      assert.equal(answer.headers["www-authenticate"], 'Bearer realm="tailcast"');
    }
    assert.equal((await ask(port, "GET", "/healthz")).status, 200);
    assert.equal((await ask(port, "GET", "/?token=wrong")).status, 401);
    const entered = await ask(port, "GET", "/?token=s3cret");
    assert.deepEqual([entered.status, entered.headers.location], [303, "/"]);
    assert.equal((await ask(port, "GET", "/?token=s3cret&build=abc")).headers.location, "/?build=abc");
    const cookie = entered.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    assert.equal((await ask(port, "GET", "/", { headers: { Cookie: cookie } })).status, 200);
    assert.equal((await ask(port, "GET", "/api/builds", { headers: { Authorization: "Bearer s3cret" } })).status, 200);
  });

  it("sends the headers that isolate it with every reply, errors and streams included", async (t) => {
    const { port } = await start(t);
    for (const path of ["/", "/page/main.js", "/api/builds", "/api/log/push", "/metrics", "/healthz", "/nowhere"]) {
      const { headers } = await ask(port, "HEAD", path);
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /^default-src 'none'; .*frame-ancestors 'none'$/, path);
      const names = ["cross-origin-opener-policy", "cross-origin-resource-policy", "referrer-policy"] as const;
      assert.deepEqual(
        [...names, "x-content-type-options"].map((name) => headers[name]),
        ["same-origin", "same-origin", "no-referrer", "nosniff"],
        path,
      );
    }
  });
});
