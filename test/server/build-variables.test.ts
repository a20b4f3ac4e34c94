import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readVariables } from "../../dist/cli/serve/build-variables.js";
import { makeFolder } from "../support/folders.js";
import { EventClient, postJson } from "../support/http.js";
import { Program } from "../support/program.js";
import type { BuildRecord } from "../../dist/runner/record.js";

describe("readVariables()", () => {
  it("reads files, then texts; the last one of a name wins", async (t) => {
    const folder = await makeFolder(t, { a: "# one\nA=1\nB='two words'\n", b: 'A="2"\nEMPTY=\n' });
    const texts = ["C=x=y", "B=", "npm_config_//r/:_authToken=t"];
    const variables = readVariables([join(folder, "a"), join(folder, "b")], texts);
    assert.deepEqual(variables, { A: "2", B: "", EMPTY: "", C: "x=y", "npm_config_//r/:_authToken": "t" });
  });

  const refused: readonly (readonly [pair: string, message: RegExp])[] = [
    ["secret", /^Cannot use --env: it must be NAME=value$/],
    ["=secret", /^Cannot use --env: it holds something that is not NAME=value$/],
    ["1A=secret", /^Cannot use --env: it holds something that is not NAME=value$/],
    ["A B=secret", /^Cannot use --env: it holds something that is not NAME=value$/],
    ["TAILCAST_TOKEN=secret", /^Cannot use --env: it must not set TAILCAST_TOKEN: /],
  ];
  for (const [pair, message] of refused) {
    it(`refuses ${pair}, and does not show the value`, () => {
      assert.throws(() => readVariables([], [pair]), { code: "INVALID_OPTION", message });
    });
  }

  it("refuses a file that does not exist, or holds something else", async (t) => {
    const folder = await makeFolder(t, { key: "-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n" });
    const [missing, key] = [join(folder, "missing"), join(folder, "key")];
    assert.throws(() => readVariables([missing], []), { code: "INVALID_OPTION", message: /ENOENT/ });
    const message = `Cannot use --env-from ${key}: it holds something that is not NAME=value`;
    assert.throws(() => readVariables([key], []), { code: "INVALID_OPTION", message });
    for (const text of ["A=1\nsecret\n", "secret", "A='1\n2'\nsecret\nB=1\n"]) {
      await writeFile(key, text);
      assert.throws(() => readVariables([key], []), { code: "INVALID_OPTION", message }, text);
    }
  });

  it("reads comments, empty lines, quoted values of several lines and files with CRLF", async (t) => {
    const text = '# one\r\n\r\n  A = 1 # two\r\nexport B=2\r\nC="x\ny"\nD=\'a=b\'\nE=';
    const folder = await makeFolder(t, { variables: text });
    const expected = { A: "1", B: "2", C: "x\ny", D: "a=b", E: "" };
    assert.deepEqual(readVariables([join(folder, "variables")], []), expected);
  });
});

describe("the variables of builds", () => {
  it("reach the build, and are named in the log without their values", async (t) => {
    const root = await makeFolder(t, {
      "p/package.json": JSON.stringify({ scripts: { build: "echo $REGION $DEPLOYMENT $CI $NO_COLOR" } }),
      variables: "REGION=eu-west-1\n",
    });
    const variables = ["--env-from", join(root, "variables"), "--env", "DEPLOYMENT=0123-4567", "--env", "PIN=123"];
    const args = ["--port", "0", "--root", root, ...variables];
    const program = new Program(t, args, { CI: "0", NO_COLOR: "1" });
    const port = await program.port();
    const fields = { projectPath: "p", install: "skip", env: { CODE: "42" } };
    const { json } = await postJson(port, "/api/project/build", fields);
    const client = await EventClient.open(port, `/api/builds/${(json["build"] as BuildRecord).id}/events`);
    const texts = (await client.ended()).flatMap(({ type, data }) => {
      return type === "line" ? [(JSON.parse(data) as { text: string }).text] : [];
    });
    assert.ok(texts.includes("*** *** 0 1"), texts.join("\n"));
    const sentence = texts.find((text) => text.startsWith("the environment of the build sets"));
    assert.match(sentence ?? "", /, REGION, DEPLOYMENT, PIN, CODE(?: and|$)/);
    assert.ok(program.stderr.includes("warning: PIN is not masked: its value has fewer than 4 characters\n"));
    assert.ok(texts.includes("warning: CODE is not masked: its value has fewer than 4 characters"), texts.join("\n"));
    assert.doesNotMatch(texts.join("\n"), /eu-west-1|0123-4567/);
  });

  it("do not change the server: Node does not read the file", async (t) => {
    const root = await makeFolder(t, { variables: "NODE_OPTIONS=--no-such-option\nPORT=1\nHOST=192.0.2.1\n" });
    const program = new Program(t, ["--port", "0", "--root", root, "--env-from", join(root, "variables")]);
    const port = await program.port();
    assert.equal(program.stdout, `http://127.0.0.1:${port}\n`);
  });

  it("stop the start with a clear message when their file is missing", async (t) => {
    const program = new Program(t, ["--port", "0", "--env-from", "/nowhere/at/all"]);
    assert.equal(await program.ended, 2);
    assert.match(program.stderr, /^tailcast: Cannot use --env-from .*: ENOENT: .*\nTry "tailcast serve --help"\.\n$/);
  });

  it("may be empty", async (t) => {
    const root = await makeFolder(t, {
      "p/package.json": JSON.stringify({ scripts: { build: "echo [${A-unset}] [${EMPTY-unset}]" } }),
      variables: "EMPTY=\n",
    });
    const variables = ["--env-from", join(root, "variables"), "--env", "A="];
    const program = new Program(t, ["--port", "0", "--root", root, ...variables]);
    const port = await program.port();
    const { json } = await postJson(port, "/api/project/build", { projectPath: "p", install: "skip" });
    const client = await EventClient.open(port, `/api/builds/${(json["build"] as BuildRecord).id}/events`);
    const events = await client.ended();
    assert.ok(events.some(({ data }) => data.includes('"[] []"')), events.map(({ data }) => data).join("\n"));
  });
});
