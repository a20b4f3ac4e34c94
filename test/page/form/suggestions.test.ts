import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readPaths, withPath } from "../../../dist/page/form/recent-paths.js";
import { splitMatches, suggest } from "../../../dist/page/form/suggestions.js";
import { sampleProject } from "../../support/sample-builds.js";

const projects = ["/srv/web-app", "/srv/app", "/srv/docs", "/srv/tools/App-Server", "/srv/happy"].map((path) =>
  sampleProject({ path, name: path.slice(path.lastIndexOf("/") + 1) }),
);

describe("suggest", () => {
  const names = (text: string, recent: string[] = []): string[] =>
    suggest(text, projects, recent).map(({ name }) => name);

  it("offers everything without text, recent paths first", () => {
    const recent = ["/elsewhere/lib/", "/srv/docs"];
    assert.deepEqual(names(" ", recent), ["lib", "docs", "web-app", "app", "App-Server", "happy"]);
    assert.deepEqual(suggest("", projects, recent)[1], { path: "/srv/docs", name: "docs", isRecent: true });
  });

  it("ranks the name above the path, and the beginning of a word above its middle", () => {
    assert.deepEqual(names("app"), ["app", "App-Server", "web-app", "happy"]);
    assert.deepEqual(names("tools"), ["App-Server"]);
    assert.deepEqual(names("/srv/d"), ["docs"]);
    assert.deepEqual(names("wpp"), ["web-app"]);
    assert.deepEqual(names("app", ["/srv/happy"]), ["app", "App-Server", "web-app", "happy"]);
  });

  it("wants every word, in any case and order", () => {
    assert.deepEqual(names("SERVER tools"), ["App-Server"]);
    assert.deepEqual(names("server docs"), []);
  });
});

describe("splitMatches", () => {
  it("splits at every word, whose characters have no special meaning", () => {
    assert.deepEqual(splitMatches("web-app", "APP"), ["web-", "app", ""]);
    assert.deepEqual(splitMatches("a+b(c", "+ (c"), ["a", "+", "b", "(c", ""]);
    assert.deepEqual(splitMatches("app", " "), ["app"]);
    assert.equal(splitMatches("a.b", ".").join("|"), "a|.|b");
  });
});

describe("recent paths", () => {
  it("are the latest eight, each once", () => {
    const paths = ["a", "b", "c", "a", "d", "e", "f", "g", "h", "i"].reduce(
      (known: readonly string[], path) => withPath(known, path),
      [],
    );
    assert.equal(paths.join(), "i,h,g,f,e,d,a,c");
  });

  it("survive whatever the storage holds", () => {
    assert.deepEqual(readPaths(undefined), []);
    assert.deepEqual(readPaths("[1,"), []);
    assert.deepEqual(readPaths('{"a": 1}'), []);
    assert.deepEqual(readPaths('["a", 1, "b"]'), ["a", "b"]);
  });
});
