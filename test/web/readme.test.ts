/** Compares the tables of src/web/README.md with the routes, with real replies and events, and with the options. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { appOptions } from "../../dist/cli/serve/config.js";
import { OPTIONS } from "../../dist/cli/serve/program-options.js";
import { buildAppSettings } from "../../dist/web/build-app-options.js";
import { routes } from "../../dist/web/routes.js";
import { readArguments } from "../cli/read-arguments.js";
import { EventClient, ask, postJson } from "../support/http.js";
import { build, buildIn, start } from "./app.js";
import { scrape } from "./scrape.js";
import type { Services } from "../../dist/web/routes.js";

const README = readFileSync(new URL("../../src/web/README.md", import.meta.url), "utf8");

/** The rows of every table whose head begins with these cells, each as its cells without code marks. */
function tables(...head: readonly string[]): string[][][] {
  const blocks = README.split("\n\n").map((block) => block.split("\n").filter((line) => line.startsWith("|")));
  return blocks
    .map((lines) => lines.map((line) => line.slice(2, -2).split(" | ").map((cell) => cell.replaceAll("`", ""))))
    .filter(([cells]) => head.every((cell, index) => cells?.[index] === cell))
    .map((rows) => rows.slice(2));
}

/** The fields that a table documents. */
function fields(head: string): string[] {
  const [rows = []] = tables(head, "Type", "Meaning");
  assert.ok(rows.length > 0, `no table "${head}"`);
  return rows.map(([name = ""]) => name).sort();
}

/** The fields in each table below the heading that a link leads to. */
function fieldsBelow(anchor: string): string[][] {
  const section = README.split(/^(?=##+ )/m).find((text) => {
    const [title = ""] = text.split("\n");
    return `#${title.toLowerCase().replaceAll(/^#+ |[^\w -]/g, "").replaceAll(" ", "-")}` === anchor;
  });
  const blocks = (section ?? "").split("\n\n").filter((block) => block.startsWith("| Field of "));
  return blocks.map((block) => [...block.matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name).sort());
}

function keysOf(value: unknown): string[] {
  return Object.keys(value as object).sort();
}

/** Compares a value with the table of its fields, types included. */
function assertDocumented(head: string, value: unknown): void {
  assert.deepEqual(keysOf(value), fields(head), head);
  for (const [name = "", types = ""] of tables(head, "Type", "Meaning")[0] ?? []) {
    const found = (value as Record<string, unknown>)[name];
    const kind = found === undefined ? "missing" : typeof found;
    const type = found === null ? "null" : Array.isArray(found) ? "array" : kind;
    assert.ok(types.split(" or ").includes(type), `${head}: ${name} is ${type}, documented as ${types}`);
  }
}

describe("src/web/README.md", () => {
  it("lists the routes with their methods, and what each of them needs", async (t) => {
    const found = Object.entries(routes({ settings: {} } as Services)).flatMap(([path, { needs, ...handlers }]) => {
      return Object.keys(handlers).map((method) => `${method} ${path} ${needs}`);
    });
    const [rows = []] = tables("Method", "Path", "Needs");
    assert.deepEqual(rows.map((cells) => cells.slice(0, 3).join(" ")).sort(), found.sort());
    const { port } = await start(t, { token: "s3cret", viewerToken: "v13wer" });
    const viewer = { Authorization: "Bearer v13wer" };
    const isPage = (path: string): boolean => ["/", "/builds/:id"].includes(path);
    for (const [method = "", path = "", needs = ""] of rows.filter(([, name = ""]) => !isPage(name))) {
      const target = path.replace(":id", "x").replace("*file", "main.js");
      const verb = method === "GET" ? "HEAD" : method;
      const unknown = await ask(port, verb, target);
      const seen = await ask(port, verb, target, { headers: viewer });
      assert.equal(unknown.status === 401, needs !== "open", path);
      assert.equal(seen.status === 403, needs === "build", path);
    }
  });

  it("documents the status of a successful reply of every route, and links to the fields of JSON", async (t) => {
    const { port, stage } = await start(t, { token: "s3cret" });
    const headers = { Authorization: "Bearer s3cret" };
    const bodies: Readonly<Record<string, object>> = {
      "/api/session": { token: "s3cret" },
      "/api/project/build": { projectPath: "other", install: "skip" },
    };
    const queries: Readonly<Record<string, string>> = { "/api/builds/:id/search": "?q=a" };
    const first = { projectPath: "project", install: "skip" };
    const ended = buildIn(await postJson(port, "/api/project/build", first, headers)).id;
    const events = await EventClient.open(port, `/api/builds/${ended}/events`, headers);
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
    await events.ended();
    let running = "";
    const [rows = []] = tables("Method", "Path", "Needs", "Success", "Reply");
    for (const [method = "", path = "", , success = "", reply = ""] of rows) {
      const id = path.endsWith("/cancel") ? running : ended;
      const file = path.startsWith("/page") ? "main.js" : "style.js";
      const target = `${path.replace(":id", id).replace("*file", file)}${queries[path] ?? ""}`;
      const found =
        method === "POST"
          ? await postJson(port, target, bodies[path] ?? {}, headers)
          : await ask(port, method === "GET" ? "HEAD" : method, target, { headers });
      const row = `${method} ${path}`;
      assert.ok(success.split(", ").includes(String(found.status)), `${row} replied ${found.status}, not ${success}`);
      if (path === "/api/project/build") running = buildIn(found).id;
      if (!String(found.headers["content-type"]).startsWith("application/json")) continue;
      const { json } = method === "GET" ? await ask(port, method, target, { headers }) : found;
      const [, anchor = ""] = /\]\((#[^)]+)\)/.exec(reply) ?? [];
      const hasTable = fieldsBelow(anchor).some((names) => names.join() === keysOf(json).join());
      assert.ok(hasTable, `${row}: link its row to a table of the fields of its JSON`);
    }
  });

  it("documents every field of every reply and event, and no other", async (t) => {
    const { port, stage } = await start(t);
    const feed = await EventClient.open(port, "/api/log/push");
    const accepted = await build(port, "project");
    assertDocumented("Field of the reply", { msg: accepted.json["msg"], build: accepted.json["build"] });
    const { id } = buildIn(accepted);
    const gapped = await EventClient.open(port, `/api/builds/${id}/events`, { "Last-Event-ID": "other-5" });
    const refused = await build(port, "project");
    assert.deepEqual(keysOf(refused.json), ["build", "error"]);
    const actor = await stage.actor("build");
    actor.tell({ action: "write", text: "Password:" });
    await gapped.until((all) => all.some(({ data: text }) => text.includes('"open":true')));
    actor.tell({ action: "write", text: "\nError: wrong password\nnpm error code EBADENGINE\n" });
    actor.tell({ action: "exit", code: 1 });
    const events = await gapped.ended();

    const page = (await ask(port, "GET", "/api/builds")).json;
    const projects = (await ask(port, "GET", "/api/projects")).json;
    const health = (await ask(port, "GET", "/healthz")).json;
    const replies = tables("Field of the reply", "Type", "Meaning").map((rows) => rows.map(([name]) => name).sort());
    const outline = (await ask(port, "GET", `/api/builds/${id}/outline`)).json;
    const lineRange = (await ask(port, "GET", `/api/builds/${id}/lines`)).json;
    const advice = 'The tables "Field of the reply" of the README must be those of these replies, in this order';
    assert.deepEqual(replies, [accepted.json, page, projects, outline, lineRange, health].map(keysOf), advice);
    assertDocumented("Field of a section", (outline["sections"] as unknown[])[0]);
    assertDocumented("Field of a mark", (outline["marks"] as unknown[])[0]);
    assertDocumented("Field of a build", (await ask(port, "GET", `/api/builds/${id}`)).json);
    for (const project of projects["projects"] as unknown[]) assertDocumented("Field of a project", project);
    const found = await ask(port, "GET", `/api/builds/${id}/search?q=a`);
    assertDocumented("Field of a search report", JSON.parse(found.text.trim().split("\n").at(-1) ?? ""));
    assertDocumented("Field of a session", (await ask(port, "GET", "/api/session")).json);
    const missing = (await ask(port, "GET", "/api/builds/0123456789abcdef")).json;
    assertDocumented("Field of an error reply", missing);
    assertDocumented("Field of an error", missing["error"]);

    const data = (type: string): unknown[] => {
      return events.filter((event) => event.type === type).map((event) => JSON.parse(event.data));
    };
    for (const record of [...data("build"), ...data("end")] as { git: unknown; steps: unknown[] }[]) {
      assertDocumented("Field of a build", record);
      if (record.git !== null) assertDocumented("Field of a git state", record.git);
      for (const step of record.steps) assertDocumented("Field of a step", step);
    }
    const [hint = {}] = data("hint") as object[];
    const { buildId, step, ...fieldsOfHint } = hint as Record<string, unknown>;
    assert.deepEqual([buildId, step], [id, "build"]);
    assertDocumented("Field of a hint", fieldsOfHint);
    assert.deepEqual((data("end")[0] as { hint: unknown }).hint, fieldsOfHint);
    const lines = data("line") as object[];
    for (const line of lines) assertDocumented("Field of a line", { open: undefined, ...line });
    const open = lines.filter((line) => "open" in line);
    assert.deepEqual(open.map((line) => ({ ...line, time: "" })), [
      { number: 12, step: "build", stream: "stdout", text: "Password:", time: "", open: true },
    ]);
    for (const gap of data("gap")) assertDocumented("Field of a gap", gap);
    await feed.until((all) => all.some(({ data: text }) => text.includes('"status":"failed","message"')));
    feed.close();
    const [rows = []] = tables("Stream", "Event", "Data");
    const documented = (stream: string): string[] => {
      return rows.filter(([name]) => name === stream || name === "both").map(([, event = ""]) => event).sort();
    };
    const types = (of: EventClient): string[] => [...new Set(of.events.map(({ type }) => type))].sort();
    assert.deepEqual(types(gapped), documented("build"));
    assert.deepEqual([...types(feed), "gap"].sort(), documented("feed"));
  });

  it("documents the fields of a request for a build", async (t) => {
    const { port, stage } = await start(t);
    const request = { projectPath: "project", script: "bundle", env: { A: "1" }, color: true, install: "skip" };
    assertDocumented("Field of the request", request);
    const record = buildIn(await postJson(port, "/api/project/build", request));
    assert.deepEqual([record.script, record.install, record.variables, record.color], ["bundle", "skip", ["A"], true]);
    (await stage.actor("bundle")).tell({ action: "exit", code: 0 });
  });

  it("lists every code with its status", () => {
    const sources = ["../../src/http/http-error.ts", "../../src/web/send-error.ts"].map((path) => {
      return readFileSync(new URL(path, import.meta.url), "utf8");
    });
    const statuses = sources.flatMap((text) => [...text.matchAll(/^ {2}([A-Z_]+): (\d{3}),$/gm)]);
    const [rows = []] = tables("Status", "Code");
    const documented = rows.flatMap(([status = "", codes = ""]) => {
      return [...codes.matchAll(/[A-Z_]{3,}/g)].map(([code]) => `${code} ${status.slice(0, 3)}`);
    });
    assert.deepEqual(documented.sort(), statuses.map(([, code, status]) => `${code} ${status}`).sort());
  });

  it("lists every metric of a scrape with its type, labels and help, and no other", async (t) => {
    const { port } = await start(t);
    await ask(port, "GET", "/healthz");
    const { metrics } = await scrape(port);
    const [rows = []] = tables("Metric", "Type", "Labels", "Meaning");
    const scraped = Array.from(metrics, ([name, { type, labels, help }]) => {
      return [name, type, [...labels].join(", ") || "-", help];
    });
    assert.deepEqual(rows, scraped);
  });

  it("lists the options of the program as its help does", () => {
    const [rows = []] = tables("Flag", "Variable", "Meaning");
    const options = OPTIONS.map(({ flag, variable, value, help }) => [`--${flag} ${value}`.trimEnd(), variable, help]);
    assert.deepEqual(rows, options);
  });

  it("shows how the options of `BuildApp` differ from flags", () => {
    const [rows = []] = tables("Flag", "Option of BuildApp");
    const flags = rows.map(([flag = "", option = ""]) => {
      const { builds, ...settings } = buildAppSettings(appOptions(readArguments(flag.split(" "))));
      const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(option) ?? [];
      const documented = JSON.parse(value.replaceAll("_", "")) as unknown;
      assert.deepEqual(Object.entries({ ...builds, ...settings }).find(([key]) => key === name)?.[1], documented, flag);
      return flag.split(" ")[0];
    });
    const scaled = OPTIONS.filter(({ value }) => value === "SECONDS" || value === "MIB").map(({ flag }) => `--${flag}`);
    assert.deepEqual(scaled.filter((flag) => !flags.includes(flag)), []);
  });

  it("names tests that exist", () => {
    const [rows = []] = tables("Protected", "How", "Test");
    assert.ok(rows.length > 0);
    for (const [, , path = ""] of rows) readFileSync(new URL(`../../${path}`, import.meta.url));
  });
});
