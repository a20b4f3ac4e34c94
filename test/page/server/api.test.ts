import assert from "node:assert/strict";
import { afterEach, describe, it, mock } from "node:test";
import { Api, eventsPath, rawLogPath } from "../../../dist/page/server/api.js";
import { sampleBuild } from "../../support/sample-builds.js";

const build = sampleBuild();

/** Answers each request like this and records the requests. */
function answer(status: number, body: unknown, headers: Record<string, string> = {}): string[] {
  const requests: string[] = [];
  mock.method(globalThis, "fetch", (path: string, init: RequestInit) => {
    requests.push([init.method ?? "GET", path, ...(typeof init.body === "string" ? [init.body] : [])].join(" "));
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status, headers }));
  });
  return requests;
}

describe("Api", () => {
  afterEach(() => mock.restoreAll());

  it("sends the requests that the server knows", async () => {
    const api = new Api();
    const page = { builds: [build], next: "one" };
    let requests = answer(200, page);
    assert.deepEqual(await api.listBuilds({ limit: 20 }), page);
    await api.listBuilds({ limit: 500, project: "/a b&c", statuses: ["queued", "running"], before: "one" });
    assert.deepEqual(requests, [
      "GET /api/builds?limit=20",
      "GET /api/builds?limit=500&project=%2Fa+b%26c&status=queued%2Crunning&before=one",
    ]);

    const state = { role: "viewer", readOnly: false, expiresAt: null };
    requests = answer(200, state);
    assert.deepEqual(await api.getSession(), state);
    assert.deepEqual(await api.signIn("a&b"), state);
    assert.deepEqual(await api.signOut(), state);
    assert.deepEqual(requests, ["GET /api/session", 'POST /api/session {"token":"a&b"}', "DELETE /api/session"]);

    requests = answer(200, build);
    assert.deepEqual(await api.getBuild("a/b"), build);
    assert.deepEqual(requests, ["GET /api/builds/a%2Fb"]);

    requests = answer(200, { projects: [{ path: "/p", name: "p" }] });
    assert.deepEqual(await api.listProjects(), [{ path: "/p", name: "p" }]);
    assert.deepEqual(requests, ["GET /api/projects"]);

    requests = answer(202, { msg: "queued", build });
    assert.deepEqual(await api.startBuild("/p", {}), { build, isJoined: false });
    await api.startBuild("/p", { script: "test", install: "skip" });
    assert.deepEqual(await api.rerunBuild("a/b"), { build, isJoined: false });
    assert.deepEqual(requests, [
      'POST /api/project/build {"projectPath":"/p"}',
      'POST /api/project/build {"projectPath":"/p","script":"test","install":"skip"}',
      "POST /api/builds/a%2Fb/rerun",
    ]);

    requests = answer(202, { msg: "cancelling", build });
    assert.deepEqual(await api.cancelBuild("one"), build);
    assert.deepEqual(requests, ["POST /api/builds/one/cancel"]);
  });

  it("reports that the person must sign in, and no other failure", async () => {
    let count = 0;
    const api = new Api(() => void (count += 1));
    answer(403, { error: { code: "FORBIDDEN", message: "no" } });
    await assert.rejects(api.getBuild("one"), { status: 403 });
    assert.equal(count, 0);
    answer(401, { error: { code: "UNAUTHORIZED", message: "no" } });
    await assert.rejects(api.getBuild("one"), { status: 401 });
    assert.equal(count, 1);
  });

  it("joins the build that is already active", async () => {
    answer(409, { error: { code: "ALREADY_BUILDING", message: "It is being built already" }, build });
    assert.deepEqual(await new Api().startBuild("/p", {}), { build, isJoined: true });
    assert.deepEqual(await new Api().rerunBuild("older"), { build, isJoined: true });
  });

  it("fails with the server's own message", async () => {
    answer(422, { error: { code: "NO_SCRIPT", message: "There is no such script" } });
    const failure = { name: "ApiError", status: 422, code: "NO_SCRIPT", message: "There is no such script" };
    await assert.rejects(new Api().startBuild("/p", { script: "x" }), failure);
    await assert.rejects(new Api().rerunBuild("one"), failure);
    answer(409, { error: { code: "BUILD_ENDED", message: "It has ended already" } });
    await assert.rejects(new Api().cancelBuild("one"), { status: 409, code: "BUILD_ENDED", build: undefined });
  });

  it("fails on an answer that is not the server's", async () => {
    for (const [status, body] of [
      [502, "<html>Bad gateway</html>"],
      [500, {}],
      [200, "<html>Log in</html>"],
    ] as const) {
      answer(status, body);
      await assert.rejects(new Api().listBuilds({ limit: 1 }), {
        name: "ApiError",
        status,
        message: `The server responded with status ${status}.`,
      });
    }
  });

  it("says that the server does not respond", async () => {
    const cause = new TypeError("Failed to fetch");
    mock.method(globalThis, "fetch", () => Promise.reject(cause));
    await assert.rejects(new Api().listBuilds({ limit: 1 }), { name: "ApiError", status: 0, cause });
  });

  it("uses the server's clock", async () => {
    mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-01-01T10:00:00.500Z") });
    const api = new Api();
    assert.equal(api.now(), Date.now());
    answer(200, { builds: [] }, { Date: "Thu, 01 Jan 2026 11:00:00 GMT" });
    await api.listBuilds({ limit: 1 });
    assert.equal(api.now(), Date.now() + 3_600_000);
    mock.timers.reset();
  });
});

describe("eventsPath", () => {
  it("names a build's stream", () => assert.equal(eventsPath("a/b"), "/api/builds/a%2Fb/events"));
});

describe("rawLogPath", () => {
  it("names a build's log", () => assert.equal(rawLogPath("a/b"), "/api/builds/a%2Fb/log"));
});
