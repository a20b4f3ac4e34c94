import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Channel } from "../../dist/index.js";
import { TestServer } from "../support/http.js";
import { Program, dataFolder } from "../support/program.js";
import type { RequestListener } from "node:http";
import type { TestContext } from "node:test";
import type { CheckReport } from "../../dist/doctor/check.js";

async function serve(t: TestContext, handler: RequestListener): Promise<string> {
  const server = await TestServer.start(handler);
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}/`;
}

/** Runs the program to its end. @param input - Its standard input. */
async function run(t: TestContext, args: readonly string[], input = "", env: Record<string, string> = {}) {
  const program = new Program(t, args, env);
  program.child.stdin.end(input);
  return { code: await program.ended, stdout: program.stdout, stderr: program.stderr };
}

describe("tailcast check", { concurrency: true }, () => {
  it("ends with 0 when nothing is wrong, and prints JSON", async (t) => {
    const channel = new Channel({ backlog: "all" });
    for (let count = 0; count < 3; count += 1) channel.publish("a");
    channel.end();
    const url = await serve(t, (request, response) => void channel.handle(request, response));
    const { code, stdout, stderr } = await run(t, ["check", url, "--json", "--for", "1"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const report = JSON.parse(stdout) as CheckReport;
    assert.equal(report.events, 3);
    const { id, level, title, section } = report.findings.find((found) => found.id === "end-204") ?? assert.fail();
    assert.deepEqual([id, level, section], ["end-204", "ok", "HTML 9.2.3"]);
    assert.match(title, /204/);
  });

  it("ends with 1 when something is wrong, and sends the token and headers", async (t) => {
    const seen: unknown[][] = [];
    const url = await serve(t, ({ headers }, response) => {
      seen.push([headers.authorization, headers["x-a"], headers["x-b"], headers["content-type"]]);
      response.writeHead(401).end();
    });
    const file = join(dataFolder(t), "headers");
    writeFileSync(file, "X-B: c\n\n");
    const options = ["--token", "secret", "--header", "X-A: b:c", "--header", `@${file}`];
    const { code, stdout } = await run(t, ["check", url, ...options], "", { FORCE_COLOR: "1" });
    assert.equal(code, 1);
    assert.match(stdout, /\n\x1b\[1;31mWrong\x1b\[0m\n {2}The server does not answer with 200 \[status-refused\]\n/);
    assert.deepEqual(seen, [["Bearer secret", "b:c", "c", undefined]]);
    await run(t, ["check", url, "--data", '{"a":1}']);
    await run(t, ["check", url, "--data", '{"a":1}', "--header", "content-type: text/plain"]);
    assert.deepEqual(seen.slice(1).map((values) => values.at(-1)), ["application/json", "text/plain"]);
  });

  it("ends with 2 for wrong arguments, and does not print secrets", async (t) => {
    for (const args of [
      ["http://127.0.0.1:1/", "--header", "secret"],
      ["http://127.0.0.1:1/", "--header", "@/nothing/secret-file"],
      ["http://127.0.0.1:1/", "--for", "0"],
      ["http://127.0.0.1:1/", "--origin", "app.example"],
      ["example.org"],
      [],
    ]) {
      const { code, stderr } = await run(t, ["check", ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^tailcast: Cannot .*\nTry "tailcast check --help"\.\n$/);
      assert.doesNotMatch(stderr, /"secret"/);
    }
  });

  it("ends with 4 when no connection is possible", async (t) => {
    const { code, stdout, stderr } = await run(t, ["check", "http://127.0.0.1:1/"]);
    assert.deepEqual([code, stdout], [4, ""]);
    assert.equal(stderr, "tailcast: Cannot reach http://127.0.0.1:1/: connect ECONNREFUSED 127.0.0.1:1\n");
  });
});

describe("tailcast inspect", { concurrency: true }, () => {
  const text = "retry: 5\nData: é\nid: 7\ndata: \x1b\n\n";
  const lines = [
    "    1  retry: 5\\n                                        Sets the reconnection time at once.",
    "    2  Data: é\\n                                         The client ignores the line.",
    "       ! Field names are lower case; a client ignores this one. (field-case)",
    "    3  id: 7\\n                                           Sets the last event ID, from the blank line.",
    "    4  data: \\x1B\\n                                      Starts the data.",
    "    5  \\n                                                Dispatches the event.",
    '       => message "\\x1B", last event ID "7"',
    "    6                                                    The stream ends; nothing is unfinished.",
    "",
  ].join("\n");

  it("explains its input, a file and a response", async (t) => {
    const file = join(dataFolder(t), "events");
    writeFileSync(file, text);
    const url = await serve(t, ({ headers }, response) => {
      assert.equal(headers["last-event-id"], "Ã©");
      response.writeHead(200, { "Content-Type": "text/event-stream" }).end(text);
    });
    for (const args of [["-"], [file], [url, "--last-event-id", "é"]]) {
      const { code, stdout } = await run(t, ["inspect", ...args], args[0] === "-" ? text : "");
      assert.deepEqual([code, stdout], [0, lines], args[0]);
    }
  });

  it("shows the answer to a POST", async (t) => {
    const file = join(dataFolder(t), "body");
    writeFileSync(file, "data: a\n\n");
    const url = await serve(t, (request, response) => {
      assert.equal(request.method, "POST");
      request.pipe(response.writeHead(200));
    });
    for (const data of ["data: a\n\n", `@${file}`]) {
      const { code, stdout } = await run(t, ["inspect", url, "--data", data]);
      assert.equal(code, 0);
      assert.match(stdout, /=> message "a"\n/);
    }
  });

  it("prints lines as they arrive, and stops after the time of --for", async (t) => {
    const url = await serve(t, (_, response) => void response.writeHead(200).write("data: a\n\ndata: b"));
    const { code, stdout } = await run(t, ["inspect", url, "--for", "1"]);
    assert.equal(code, 0);
    assert.match(stdout, /^ {4}1 {2}data: a\\n.*\n {4}2 {2}\\n.*\n {7}=> message "a"\n$/);
  });

  it("ends with 4 when the server sends no response in the time of --for", async (t) => {
    const url = await serve(t, () => undefined);
    const { code, stderr } = await run(t, ["inspect", url, "--for", "1"]);
    assert.equal(code, 4);
    assert.match(stderr, /^tailcast: Cannot reach .+: the server sent no response in the time of --for\n$/);
  });

  it("ends with 1 when the connection fails in the middle", async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200).write("data: a\n", () => response.destroy());
    });
    const { code, stdout, stderr } = await run(t, ["inspect", url]);
    assert.equal(code, 1);
    assert.match(stderr, /\ntailcast: the connection failed: .+\n$/);
    assert.match(stdout, /\n {7}! The stream ends before the blank line of this event/);
  });

  it("ends with 4 for a status other than 200 and an unreachable server, and with 2 for a wrong name", async (t) => {
    const url = await serve(t, (_, response) => void response.writeHead(404).end("x"));
    const { code, stderr } = await run(t, ["inspect", url]);
    assert.deepEqual([code, stderr], [4, `tailcast: Cannot read ${url}: the server answers with status 404\n`]);
    assert.equal((await run(t, ["inspect", "http://127.0.0.1:2/"])).code, 4);
    assert.equal((await run(t, ["inspect", "/"])).code, 4);
    assert.equal((await run(t, ["inspect", "/nothing"])).code, 2);
  });
});
