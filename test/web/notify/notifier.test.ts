import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { Notifier } from "../../../dist/web/notify/notifier.js";
import { build, buildIn, start } from "../app.js";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../../dist/runner/record.js";
import type { LogEntry } from "../../../dist/web/monitoring/log-entry.js";

const SECRET = "a secret of these tests";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface TestReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves with the next request. */
  readonly next: () => Promise<Received>;
}

/** A receiver that answers each request with the next reply, and then with 204. */
async function receive(
  t: TestContext,
  replies: readonly (number | ((response: ServerResponse) => void))[] = [],
): Promise<TestReceiver> {
  const left = [...replies];
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const { method = "", url = "", headers } = request;
    received.push({ method, path: url, headers, body });
    const reply = left.shift() ?? 204;
    if (typeof reply === "function") reply(response);
    else response.writeHead(reply, { Location: "/elsewhere" }).end();
    server.emit("received", received.at(-1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const next = async (): Promise<Received> => ((await once(server, "received")) as [Received])[0];
  return { url: `http://127.0.0.1:${port}/hook?key=secret`, received, next };
}

const record = (id: string): BuildRecord => ({ id, projectName: "p", status: "failed" }) as unknown as BuildRecord;

interface Scene {
  readonly notifier: Notifier;
  readonly problems: string[];
}

function notify(url: string, options: Partial<ConstructorParameters<typeof Notifier>[0]> = {}): Scene {
  const problems: string[] = [];
  const report = ({ id }: BuildRecord, problem: string): void => void problems.push(`${id}: ${problem}`);
  return { notifier: new Notifier({ urls: [url], secret: SECRET, report, pauses: [1, 1], ...options }), problems };
}

const statusOf = ({ body }: Received): string => (JSON.parse(body) as BuildRecord).id;

describe("notifications", () => {
  it("carry the record of an ended build, signed, without the values of its variables", async (t) => {
    const receiver = await receive(t);
    const { port, stage } = await start(t, { notify: [receiver.url], notifySecret: SECRET });
    const next = receiver.next();
    const { id } = buildIn(await build(port, "project"));
    const actor = await stage.actor("build");
    assert.equal(receiver.received.length, 0);
    actor.tell({ action: "exit", code: 0 });
    const { method, path, headers, body } = await next;
    assert.deepEqual([method, path, headers["content-type"]], ["POST", "/hook?key=secret", "application/json"]);
    const sent = JSON.parse(body) as BuildRecord;
    assert.deepEqual([sent.id, sent.status, headers["webhook-id"]], [id, "succeeded", id]);
    const timestamp = Number(headers["webhook-timestamp"]);
    assert.ok(Math.abs(Date.now() / 1000 - timestamp) < 60);
    const hash = createHmac("sha256", SECRET).update(`${id}.${timestamp}.${body}`).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${hash}`);
  });

  it("use the key behind whsec_ in base64", async (t) => {
    const receiver = await receive(t);
    const { notifier } = notify(receiver.url, { secret: `whsec_${Buffer.from("the key").toString("base64")}` });
    notifier.add(record("1"));
    await notifier.close();
    const [{ headers, body } = assert.fail()] = receiver.received;
    const hash = createHmac("sha256", "the key").update(`1.${headers["webhook-timestamp"]}.${body}`).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${hash}`);
  });

  it("are repeated after a temporary failure, with the same id, and stay in order", async (t) => {
    const receiver = await receive(t, [503, (response) => response.destroy(), 204]);
    const { notifier, problems } = notify(receiver.url);
    for (const id of ["1", "2"]) notifier.add(record(id));
    await notifier.close();
    assert.deepEqual(receiver.received.map(statusOf), ["1", "1", "1", "2"]);
    assert.deepEqual(problems, []);
  });

  it("are given up after the last attempt, and after a refusal or a redirect", async (t) => {
    const receiver = await receive(t, [500, 429, 502, 404, 302]);
    const { notifier, problems } = notify(receiver.url);
    for (const id of ["1", "2", "3", "4"]) notifier.add(record(id));
    await notifier.close();
    assert.deepEqual(receiver.received.map(statusOf), ["1", "1", "1", "2", "3", "4"]);
    const { origin } = new URL(receiver.url);
    assert.deepEqual(problems, [
      `1: ${origin} was not notified: the receiver answered 502, at the last of 3 attempts`,
      `2: ${origin} was not notified: the receiver answered 404`,
      `3: ${origin} was not notified: the receiver answered 302`,
    ]);
  });

  it("have a time limit, and hold up neither another receiver nor the end", async (t) => {
    const deaf = await receive(t, Array.from({ length: 9 }, () => () => undefined));
    const receiver = await receive(t);
    const { notifier, problems } = notify(deaf.url, {
      urls: [deaf.url, receiver.url], timeout: 50, pauses: [600_000], closeGrace: 200,
    });
    for (const id of ["1", "2"]) notifier.add(record(id));
    await notifier.close();
    assert.deepEqual(receiver.received.map(statusOf), ["1", "2"]);
    const { origin } = new URL(deaf.url);
    assert.deepEqual(problems, [
      `1: ${origin} was not notified: the server ends; before that, no reply in 0.05 s`,
      `2: ${origin} was not notified: the server ends`,
    ]);
  });

  it("have a bounded queue, which drops the oldest", async (t) => {
    const receiver = await receive(t);
    const { notifier, problems } = notify(receiver.url);
    for (let id = 1; id <= 103; id++) notifier.add(record(String(id)));
    await notifier.close();
    const { origin } = new URL(receiver.url);
    const problem = `${origin} was not notified: 100 others wait for this receiver`;
    assert.deepEqual(problems, ["2", "3", "4"].map((id) => `${id}: ${problem}`).slice(0, problems.length));
    assert.equal(problems.length, 3);
    assert.equal(receiver.received.length, 100);
  });

  it("that fail are in the log of the server, without the path and the query of the URL", async (t) => {
    const receiver = await receive(t, [400]);
    let note: (entry: LogEntry) => void = () => undefined;
    const noted = new Promise<LogEntry>((resolve) => (note = resolve));
    const onLog = (entry: LogEntry): void => void (entry.event === "build not notified" && note(entry));
    const { port, stage } = await start(t, { notify: [receiver.url], notifySecret: SECRET, onLog });
    const { id } = buildIn(await build(port, "project"));
    (await stage.actor("build")).tell({ action: "exit", code: 0 });
    const message = `${new URL(receiver.url).origin} was not notified: the receiver answered 400`;
    assert.deepEqual((await noted).fields, { build: id, project: "build", message });
  });

  it("need a URL of HTTP without a password, and a secret", async (t) => {
    const url = "https://hooks.example/x";
    for (const [options, message] of [
      [{ notify: ["hooks"], notifySecret: SECRET }, /^Cannot use "notify": it must be a URL such/],
      [{ notify: ["ftp://a.example"], notifySecret: SECRET }, /^Cannot use "notify": it must be a URL such/],
      [{ notify: ["http://u:p@a.example"], notifySecret: SECRET }, /^Cannot use "notify": the URL must not have/],
      [{ notify: [url] }, /^Cannot use "notify": it needs a secret as well: TAILCAST_NOTIFY_SECRET/],
      [{ notify: [url], notifySecret: "short" }, /^Cannot use "notifySecret": it must have at least 16 characters$/],
    ] as const) {
      await assert.rejects(start(t, options), { code: "INVALID_OPTION", message });
    }
  });
});
