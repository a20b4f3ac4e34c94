import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventClient, ask, postJson } from "../../support/http.js";
import { build, buildIn, codeIn, has, start } from "../app.js";
import { cookieOf, signIn } from "./sessions.js";
import type { Reply } from "../../support/http.js";

const TOKENS = { token: "s3cret=;ü", viewerToken: "v13wer" };

describe("BuildApp: sessions", () => {
  it("signs a browser in by a token, as JSON and as a form", async (t) => {
    const { port } = await start(t, TOKENS);
    const nobody = { role: null, readOnly: false, expiresAt: null };
    assert.deepEqual((await ask(port, "GET", "/api/session")).json, nobody);
    const before = Date.now();
    const reply = await postJson(port, "/api/session", { token: TOKENS.token });
    assert.equal(reply.status, 200);
    assert.match(
      String(reply.headers["set-cookie"]),
      new RegExp(`^tailcast-${port}=builder\\.[\\w.-]+; HttpOnly; SameSite=Strict; Path=/; Max-Age=604800$`),
    );
    const { expiresAt, ...rest } = reply.json;
    assert.deepEqual(rest, { role: "builder", readOnly: false });
    const lifetime = Date.parse(String(expiresAt)) - before;
    assert.ok(lifetime >= 604_800_000 && lifetime < 604_860_000, String(lifetime));
    const headers = { Cookie: cookieOf(reply) };
    assert.deepEqual((await ask(port, "GET", "/api/session", { headers })).json, reply.json);
    assert.equal((await ask(port, "GET", "/api/builds", { headers })).status, 200);
    const body = new URLSearchParams({ token: TOKENS.viewerToken }).toString();
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    assert.equal((await ask(port, "POST", "/api/session", { headers: form, body })).json["role"], "viewer");
  });

  it("refuses wrong tokens and other bodies, without a cookie", async (t) => {
    const { port } = await start(t, TOKENS);
    for (const [fields, status] of [
      [{ token: "wrong" }, 401],
      [{ token: "" }, 400],
      [{ token: 5 }, 400],
      [{}, 400],
      ["[", 400],
    ] as const) {
      const reply = await postJson(port, "/api/session", fields);
      assert.deepEqual([reply.status, reply.headers["set-cookie"]], [status, undefined], JSON.stringify(fields));
    }
    const page = { Origin: "https://evil.example" };
    assert.equal((await postJson(port, "/api/session", { token: TOKENS.token }, page)).status, 403);
    assert.equal((await ask(port, "DELETE", "/api/session", { headers: page })).status, 403);
    const open = await start(t);
    assert.equal((await postJson(open.port, "/api/session", { token: "x" })).status, 400);
  });

  it("signs a browser out, and ends its streams, but no others", async (t) => {
    const { port, stage } = await start(t, TOKENS);
    const headers = { Cookie: await signIn(port, TOKENS.token) };
    const other = { Cookie: await signIn(port, TOKENS.token) };
    const stream = await EventClient.open(port, "/api/log/push", headers);
    const otherStream = await EventClient.open(port, "/api/log/push", other);
    const reply = await ask(port, "DELETE", "/api/session", { headers });
    assert.deepEqual(reply.json, { role: null, readOnly: false, expiresAt: null });
    assert.match(String(reply.headers["set-cookie"]), /^tailcast-\d+=; HttpOnly; .*Max-Age=0$/);
    await stream.ended();
    assert.equal((await ask(port, "GET", "/api/builds", { headers })).status, 401);
    assert.equal((await build(port, "project", other)).status, 202);
    await otherStream.until(has("build"));
    otherStream.close();
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("locks no builder out by the planted cookie of a viewer, and signs both out", async (t) => {
    const { port } = await start(t, TOKENS);
    const viewer = await signIn(port, TOKENS.viewerToken);
    const builder = await signIn(port, TOKENS.token);
    for (const Cookie of [`${viewer}; ${builder}`, `${builder}; ${viewer}`]) {
      assert.equal((await ask(port, "GET", "/api/session", { headers: { Cookie } })).json["role"], "builder");
    }
    await ask(port, "DELETE", "/api/session", { headers: { Cookie: `${viewer}; ${builder}` } });
    for (const Cookie of [viewer, builder]) {
      assert.equal((await ask(port, "GET", "/api/builds", { headers: { Cookie } })).status, 401);
    }
  });

  it("ends a session after its lifetime, and its streams", async (t) => {
    const { port } = await start(t, { ...TOKENS, sessionLifetime: 500 });
    const headers = { Cookie: await signIn(port, TOKENS.token) };
    const stream = await EventClient.open(port, "/api/log/push", headers);
    assert.equal(stream.status, 200);
    await stream.ended();
    assert.equal((await ask(port, "GET", "/api/builds", { headers })).status, 401);
  });

  it("keeps sessions across a restart with the same token", async (t) => {
    const first = await start(t, TOKENS);
    const value = (await signIn(first.port, TOKENS.token)).split("=")[1] ?? "";
    const statusWith = async (options: object): Promise<number> => {
      const { port } = await start(t, options);
      return (await ask(port, "GET", "/api/builds", { headers: { Cookie: `tailcast-${port}=${value}` } })).status;
    };
    assert.equal(await statusWith(TOKENS), 200);
    assert.equal(await statusWith({ token: "changed" }), 401);
  });

  it("accepts no token in an address, and the code of a link once", async (t) => {
    const { port, app } = await start(t, TOKENS);
    const query = `token=${encodeURIComponent(TOKENS.token)}`;
    for (const path of [`/?${query}`, `/api/builds?${query}`]) assert.equal((await ask(port, "GET", path)).status, 401);
    const path = `/?code=${app.createSignInCode()}&build=abc`;
    assert.equal((await ask(port, "HEAD", path)).status, 401, "a preview of the link does not use the code");
    const entered = await ask(port, "GET", path);
    assert.deepEqual([entered.status, entered.headers.location], [303, "/?build=abc"]);
    const toBuild = await ask(port, "GET", `/builds/0123456789abcdef?code=${app.createSignInCode()}`);
    assert.deepEqual([toBuild.status, toBuild.headers.location], [303, "/builds/0123456789abcdef"]);
    const headers = { Cookie: cookieOf(entered) };
    assert.equal((await ask(port, "GET", "/", { headers })).status, 200);
    assert.equal((await ask(port, "GET", path)).status, 401);
    assert.equal((await ask(port, "GET", path, { headers })).status, 200, "a signed-in browser sees the page");
  });
});

describe("BuildApp: rights", () => {
  it("lets viewers see builds, but not start, cancel or repeat them", async (t) => {
    const { port, stage } = await start(t, TOKENS);
    const builder = { Authorization: `Bearer ${encodeURIComponent(TOKENS.token)}` };
    const { id } = buildIn(await build(port, "project", builder));
    for (const headers of [{ Authorization: "Bearer v13wer" }, { Cookie: await signIn(port, TOKENS.viewerToken) }]) {
      for (const path of [`/api/builds/${id}/cancel`, `/api/builds/${id}/rerun`, "/api/project/build"]) {
        const refused = await ask(port, "POST", path, { headers });
        assert.deepEqual([refused.status, codeIn(refused)], [403, "FORBIDDEN"], path);
        const { message } = refused.json["error"] as { message: string };
        assert.equal(message, "Cannot start or cancel builds as a viewer: sign in with the token of builders");
      }
      assert.equal((await ask(port, "GET", `/api/builds/${id}`, { headers })).status, 200);
      const stream = await EventClient.open(port, `/api/builds/${id}/events`, headers);
      assert.equal(stream.status, 200);
      stream.close();
    }
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
  });

  it("accepts the token of a builder beside the cookie of a viewer, and ignores a wrong token there", async (t) => {
    const { port } = await start(t, TOKENS);
    const Cookie = await signIn(port, TOKENS.viewerToken);
    const rolesFor = async (token: string): Promise<unknown[]> => {
      const headers = { Cookie, Authorization: `Bearer ${encodeURIComponent(token)}` };
      const { role } = (await ask(port, "GET", "/api/session", { headers })).json;
      const { status } = await ask(port, "POST", "/api/builds/0123456789abcdef/cancel", { headers });
      return [role, status];
    };
    assert.deepEqual(await rolesFor(TOKENS.token), ["builder", 404]);
    // The sixth guess is refused, but not the session.
    for (const guess of "abcdef") assert.deepEqual(await rolesFor(guess), ["viewer", 403]);
  });

  it("lets nobody start or cancel builds on a read-only server", async (t) => {
    const { port } = await start(t, { ...TOKENS, readOnly: true });
    const headers = { Authorization: `Bearer ${encodeURIComponent(TOKENS.token)}` };
    const refused = await build(port, "project", headers);
    assert.equal(refused.status, 403);
    const { message } = refused.json["error"] as { message: string };
    assert.equal(message, "Cannot start or cancel builds: this server is read-only");
    const { json } = await ask(port, "GET", "/api/session", { headers });
    assert.deepEqual(json, { role: "builder", readOnly: true, expiresAt: null });
    const open = await start(t, { readOnly: true });
    assert.equal((await build(open.port, "project")).status, 403);
    assert.equal((await ask(open.port, "GET", "/api/builds")).status, 200);
  });
});

describe("BuildApp: guesses", () => {
  it("answers 429 after five wrong tokens, by any way, but never to a session", async (t) => {
    const { port, app } = await start(t, TOKENS);
    const headers = { Cookie: await signIn(port, TOKENS.token) };
    const code = app.createSignInCode();
    assert.equal((await postJson(port, "/api/session", { token: "one" })).status, 401);
    assert.equal((await ask(port, "GET", "/?code=two")).status, 401);
    for (const guess of ["three", "four", "five"]) {
      const reply = await ask(port, "GET", "/api/builds", { headers: { Authorization: `Bearer ${guess}` } });
      assert.equal(reply.status, 401);
    }
    const right = { Authorization: `Bearer ${encodeURIComponent(TOKENS.token)}` };
    for (const reply of [
      await postJson(port, "/api/session", { token: TOKENS.token }),
      await ask(port, "GET", "/api/builds", { headers: right }),
      await ask(port, "GET", `/?code=${code}`),
    ]) {
      assert.deepEqual([reply.status, codeIn(reply), reply.headers["retry-after"]], [429, "TOO_MANY_ATTEMPTS", "1"]);
    }
    assert.equal((await ask(port, "GET", "/api/builds")).status, 401, "a request without a token is not a guess");
    for (const path of ["/api/builds", "/", "/?code=six"]) {
      assert.equal((await ask(port, "GET", path, { headers })).status, 200, path);
    }
    assert.equal((await build(port, "missing", headers)).status, 404);
  });

  it("lets other addresses in while one guesses", async (t) => {
    const { port } = await start(t, TOKENS);
    for (const token of ["one", "two", "three", "four", "five"]) await postJson(port, "/api/session", { token });
    assert.equal((await postJson(port, "/api/session", { token: TOKENS.token })).status, 429);
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ token: TOKENS.token });
    const reply = await ask(port, "POST", "/api/session", { headers, body, localAddress: "127.0.0.2" });
    assert.equal(reply.status, 200);
  });

  it("distinguishes clients behind a trusted proxy, IPv6 by /64", async (t) => {
    const { port } = await start(t, { ...TOKENS, trustProxy: 1 });
    const signInFrom = (address: string, token: string): Promise<Reply> => {
      return postJson(port, "/api/session", { token }, { "X-Forwarded-For": address });
    };
    for (const token of ["one", "two", "three", "four", "five"]) await signInFrom("2001:db8::1", token);
    assert.equal((await signInFrom("2001:db8::2", TOKENS.token)).status, 429);
    assert.equal((await signInFrom("2001:db8:0:1::1", TOKENS.token)).status, 200);
  });

  it("slows a flood of guesses down to five", async (t) => {
    const { port } = await start(t, TOKENS);
    const started = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, guess) => postJson(port, "/api/session", { token: `guess ${guess}` })),
    );
    // On a slow machine the waits of 1 s, 2 s, 4 s ... end during the test, and each allows one more guess.
    const waits = Math.floor(Math.log2((performance.now() - started) / 1000 + 1));
    const checked = replies.filter(({ status }) => status === 401).length;
    assert.ok(checked >= 5 && checked <= 5 + waits, `${checked} guesses`);
    assert.equal(replies.filter(({ status }) => status === 429).length, 100 - checked);
  });
});
