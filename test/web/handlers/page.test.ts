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
    assert.match(policy, /; require-trusted-types-for 'script'; trusted-types tailcast;/);
    assert.match(policy, /; worker-src 'self';/);
    assert.equal(page.headers["x-content-type-options"], "nosniff");
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      assert.equal((await ask(port, "GET", file ?? "")).status, 200, file);
    }
    const script = await ask(port, "GET", "/page/main.js");
    assert.doesNotMatch(script.text, /^import /m);
    assert.match(script.text, /"Path or name"/);
    const again = await ask(port, "GET", "/", { headers: { "If-None-Match": String(page.headers.etag) } });
    assert.deepEqual([again.status, again.text], [304, ""]);
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.text], [200, ""]);
  });

  it("has an address for each build, and redirects the address of earlier versions", async (t) => {
    const { port } = await start(t);
    const page = await ask(port, "GET", "/");
    assert.equal((await ask(port, "GET", "/builds/0123456789abcdef")).text, page.text);
    const found = await ask(port, "GET", "/?build=0123456789abcdef&x=1");
    assert.deepEqual([found.status, found.headers.location, found.text], [303, "/builds/0123456789abcdef?x=1", ""]);
    const own = "/builds/0123456789abcdef?build=0123456789abcdef";
    for (const path of ["/?build=0123", "/?build=//evil.example/abcd", own]) {
      assert.equal((await ask(port, "GET", path)).status, 200, path);
    }
  });

  it("offers the projects below the roots", async (t) => {
    const { port, root } = await start(t);
    const noBuilds = { builds: 0, last: null, active: null, durations: [] };
    assert.deepEqual((await ask(port, "GET", "/api/projects")).json, {
      projects: [
        { path: `${root}/other`, name: "other", ...noBuilds },
        { path: `${root}/project`, name: "build", ...noBuilds },
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

  it("requires the token for all but the sign-in page, its files and the health", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/api/builds"],
      ["GET", "/api/log/push"],
      ["POST", "/api/project/build"],
      ["GET", "/nowhere"],
    ] as const) {
      const answer = await ask(port, method, path);
      assert.deepEqual([answer.status, codeIn(answer)], [401, "UNAUTHORIZED"], path);
      assert.equal(answer.headers["www-authenticate"], 'Bearer realm="tailcast"');
    }
    for (const path of ["/healthz", "/page/sign-in.js"]) assert.equal((await ask(port, "GET", path)).status, 200);
    assert.equal((await ask(port, "GET", "/api/builds", { headers: { Authorization: "Bearer s3cret" } })).status, 200);
  });

  it("shows browsers the sign-in page instead of the page, and its files", async (t) => {
    const { port } = await start(t, { token: "s3cret" });
    const index = await ask(port, "GET", "/", { headers: { Authorization: "Bearer s3cret" } });
    const headers = { Accept: "text/html,application/xhtml+xml", "If-None-Match": String(index.headers.etag) };
    const page = await ask(port, "GET", "/builds/0123456789abcdef", { headers });
    assert.deepEqual([page.status, page.headers["content-type"]], [401, "text/html; charset=utf-8"]);
    assert.equal(page.headers["cache-control"], "no-store");
    assert.equal(page.headers["www-authenticate"], 'Bearer realm="tailcast"');
    assert.equal(page.headers["content-security-policy"], index.headers["content-security-policy"]);
    assert.match(page.text, /<h1[^>]*>Sign in</);
    assert.doesNotMatch(page.text, /<script(?![^>]*src=)|<style|style=| on\w+=/);
    for (const [, file] of page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      assert.equal((await ask(port, "GET", file ?? "")).status, 200, file);
    }
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
