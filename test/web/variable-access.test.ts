import assert from "node:assert/strict";
import { chmod, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { projectVariablesPath } from "../../dist/runner/project/project-variables.js";
import { BuildApp } from "../../dist/web/build-app.js";
import { routes } from "../../dist/web/routes.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, TestServer, ask, postJson } from "../support/http.js";
import { buildIn, dataFolder, has } from "./app.js";
import { signIn } from "./handlers/sessions.js";
import type { TestContext } from "node:test";
import type { DecodedEvent } from "../../dist/protocol/decode.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { BuildAppOptions } from "../../dist/web/build-app-options.js";
import type { Services } from "../../dist/web/routes.js";
import type { Reply } from "../support/http.js";

const TOKENS = { token: "t0ken-of-builders", viewerToken: "t0ken-of-viewers" };
const BUILDER = { Authorization: `Bearer ${TOKENS.token}` };
const VIEWER = { Authorization: `Bearer ${TOKENS.viewerToken}` };

/** The values of variables from the server, from the file of the project and from a request. */
const VALUES = ["value-of-server", "value-of-project", "value-of-request"];

/** Whether a text contains a value, also in base64. */
function holdsValue(text: string): boolean {
  return VALUES.some((value) => [value, Buffer.from(value).toString("base64")].some((form) => text.includes(form)));
}

/** A server whose project prints its variables in all ways. It has a folder for builds. */
async function open(t: TestContext, options: Partial<BuildAppOptions> = {}) {
  const print = 'echo "$A $B $C"; printf %s "$C" | base64; env; echo "$C" >&2; exit 1';
  const root = await makeFolder(t, { "p/package.json": JSON.stringify({ scripts: { build: print } }) });
  const data = dataFolder(t);
  const path = projectVariablesPath(join(data, "env"), join(root, "p"));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `B=${VALUES[1]}\n`);
  await chmod(path, 0o600);
  const env = { PATH: process.env["PATH"], A: VALUES[0] };
  const app = await BuildApp.open({ roots: [root], data, ...TOKENS, env, mask: ["A"], ...options });
  const server = await TestServer.start(app.handle);
  t.after(async () => {
    await app.close();
    await server.close();
  });
  return { port: server.port, data };
}

function start(port: number, headers: Record<string, string>): Promise<Reply> {
  return postJson(port, "/api/project/build", { projectPath: "p", install: "skip", env: { C: VALUES[2] } }, headers);
}

/** The text of every file below a folder, except those that the operator writes. */
async function storedTexts(data: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const name of await readdir(data, { recursive: true })) {
    const path = join(data, name);
    if (name.startsWith("env") || !(await stat(path)).isFile()) continue;
    texts[name] = await readFile(path, "latin1");
  }
  return texts;
}

describe("the values of variables", () => {
  it("are in no reply, in no event and in no stored file, for any role", async (t) => {
    const { port, data } = await open(t);
    const feeds = await Promise.all([BUILDER, VIEWER].map((role) => EventClient.open(port, "/api/log/push", role)));
    const accepted = await start(port, BUILDER);
    assert.equal(accepted.status, 202);
    const { id } = buildIn(accepted);
    await (await EventClient.open(port, `/api/builds/${id}/events`, BUILDER)).ended();
    const rerun = await ask(port, "POST", `/api/builds/${id}/rerun`, { headers: BUILDER });
    assert.equal(rerun.status, 202);
    const again = buildIn(rerun).id;
    await (await EventClient.open(port, `/api/builds/${again}/events`, BUILDER)).ended();

    const replies: Record<string, string> = { accepted: accepted.text, rerun: rerun.text };
    const ofBuild = ["", "/events", "/outline", "/lines?from=1", "/log", "/log?ansi", "/log?step=build"];
    ofBuild.push("/search?q=.&regex=1");
    const paths = [
      ...["/", "/api/builds", "/api/projects", "/api/session", "/metrics", "/healthz"],
      ...[id, again].flatMap((each) => ofBuild.map((path) => `/api/builds/${each}${path}`)),
    ];
    const asked = new Set(["/api/log/push", ...paths.map((path) => path.replace(/\?.*/, "").replace(id, ":id"))]);
    const readable = Object.entries(routes({ settings: {} } as Services)).filter(([, route]) => "GET" in route);
    const missing = readable.map(([path]) => path).filter((path) => path.startsWith("/api/") && !asked.has(path));
    assert.deepEqual(missing, [], "Add each of these routes to `paths`, or to `ofBuild` if it is of one build");
    for (const [name, role] of Object.entries({ builder: BUILDER, viewer: VIEWER })) {
      for (const path of paths) {
        const reply = await ask(port, "GET", path, { headers: role });
        assert.equal(reply.status, 200, `${path}: ${reply.text}`);
        replies[`${path} for the ${name}`] = reply.text;
      }
    }
    for (const [index, feed] of feeds.entries()) {
      const hasEnded = (build: string) => (events: readonly DecodedEvent[]) => {
        return events.some(({ type, data: text }) => {
          if (type !== "build") return false;
          const { id: ended, status } = JSON.parse(text) as BuildRecord;
          return ended === build && status === "failed";
        });
      };
      await feed.until(hasEnded(id));
      replies[`feed ${index}`] = JSON.stringify(await feed.until(hasEnded(again)));
      feed.close();
    }
    const texts = { ...replies, ...(await storedTexts(data)) };
    for (const [name, text] of Object.entries(texts)) assert.ok(!holdsValue(text), `${name}: ${text}`);
    // The doors were open: names are in the logs and records, and the values are masked there.
    const log = texts[`/api/builds/${again}/log for the viewer`] ?? "";
    assert.match(log, /^.*\*\*\* \*\*\* \*\*\*$/m);
    assert.match(log, /the environment of the build sets .*A, B, C/);
    const record = JSON.parse(texts[`/api/builds/${id} for the viewer`] ?? "") as BuildRecord;
    assert.deepEqual([record.variables, record.status], [["C"], "failed"]);
    assert.ok(texts[join("builds", id, "build.json")]?.includes('"C"'), Object.keys(texts).join(" "));
  });

  const others: Readonly<Record<string, readonly [status: number, headers: Record<string, string>]>> = {
    "a client without a token": [401, {}],
    "a client with a wrong token": [401, { Authorization: "Bearer wrong" }],
    "a viewer": [403, VIEWER],
    "a page of another origin": [403, { ...BUILDER, Origin: "http://evil.example" }],
    "a page without an origin": [403, { ...BUILDER, Origin: "null" }],
    "a form on another site": [403, { ...BUILDER, "Sec-Fetch-Site": "cross-site" }],
    "a page that has another name for this server": [403, { ...BUILDER, Host: "evil.example" }],
  };
  it("cannot be set, and no build can be repeated, by clients without the right to build", async (t) => {
    const { port } = await open(t);
    const accepted = await start(port, BUILDER);
    const { id } = buildIn(accepted);
    await (await EventClient.open(port, `/api/builds/${id}/events`, BUILDER)).until(has("end"));
    const cookies = { builder: await signIn(port, TOKENS.token), viewer: await signIn(port, TOKENS.viewerToken) };
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ projectPath: "p", install: "skip", "env.C": "value" }).toString();
    const all = {
      ...others,
      "a viewer with a session": [403, { Cookie: cookies.viewer }],
      "a page of another origin with the session of a builder": [
        403,
        { Cookie: cookies.builder, Origin: "http://evil.example" },
      ],
    } as const;
    for (const [name, [status, headers]] of Object.entries(all)) {
      const replies = [
        await start(port, headers),
        await ask(port, "POST", "/api/project/build", { headers: { ...headers, ...form }, body }),
        await ask(port, "POST", `/api/builds/${id}/rerun`, { headers }),
        await ask(port, "POST", `/api/builds/${id}/cancel`, { headers }),
      ];
      for (const reply of replies) {
        assert.equal(reply.status, status, `${name}: ${reply.text}`);
        assert.ok(!holdsValue(reply.text) && !reply.text.includes('"C"'), reply.text);
      }
    }
    const { json } = await ask(port, "GET", "/api/builds", { headers: BUILDER });
    assert.deepEqual((json["builds"] as BuildRecord[]).map((build) => build.id), [id]);
  });

  it("cannot be set on a read-only server, even by builders", async (t) => {
    const { port } = await open(t, { readOnly: true });
    for (const reply of [await start(port, BUILDER), await start(port, VIEWER)]) {
      assert.equal(reply.status, 403);
      assert.ok(!holdsValue(reply.text), reply.text);
    }
    assert.deepEqual((await ask(port, "GET", "/api/builds", { headers: BUILDER })).json["builds"], []);
  });
});
