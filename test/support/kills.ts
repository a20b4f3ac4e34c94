import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { get } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { hasEnded, readProcessStat } from "../../dist/runner/process/proc-stat.js";
import { plainText } from "../../dist/terminal/plain-text.js";
import { makeFolder } from "./folders.js";
import { until } from "./channel.js";
import { EventClient, ask, postJson } from "./http.js";
import { lastFirst } from "./lifetime.js";
import { Program, dataFolder } from "./program.js";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { BuildLineEvent } from "../../dist/runner/events.js";
import type { BuildRecord } from "../../dist/runner/record.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";
import type { Lifetime } from "./lifetime.js";

/** The longest time from a start of the program to its kill, in milliseconds: about what a build takes. */
const LONGEST_LIFE = 1500;

/** Prints numbered lines in bursts of many sizes, and its pid. */
const PRINT = `
require("node:fs").writeFileSync("pid-" + process.pid, "");
const name = Date.now() + "." + process.pid;
let number = 0;
(function burst() {
  let text = "";
  for (let left = Math.random() ** 4 * 1000; left >= 0; left--) text += "line " + ++number + " of " + name + "\\n";
  process.stdout.write(text);
  if (number < 4000) setTimeout(burst, Math.random() * 10);
})();`;

/** The program on one port and one data folder, through all its lives. */
class Site {
  readonly #lifetime: Lifetime;
  readonly #args: readonly string[];
  readonly port: number;
  readonly data: string;
  readonly root: string;
  /** The followers are no longer needed. */
  isOver = false;
  #program: Program | undefined;
  /** Resolves when the program listens. */
  #isUp: Promise<unknown> = Promise.resolve();

  private constructor(lifetime: Lifetime, port: number, data: string, root: string) {
    this.#lifetime = lifetime;
    this.port = port;
    this.data = data;
    this.root = root;
    lifetime.after(() => (this.isOver = true));
    this.#args = ["--port", String(port), "--data", data, "--root", root, "--keep", "1000"];
  }

  static async open(lifetime: Lifetime): Promise<Site> {
    const project = (name: string): Record<string, string> => ({
      [`${name}/package.json`]: JSON.stringify({ name, scripts: { build: "node print.cjs" } }),
      [`${name}/print.cjs`]: PRINT,
    });
    const root = await makeFolder(lifetime, { ...project("a"), ...project("b") });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return new Site(lifetime, port, dataFolder(lifetime), root);
  }

  /** @param concurrency - With 1 the second build waits. */
  start(concurrency: number): void {
    this.#program = new Program(this.#lifetime, [...this.#args, "--concurrency", String(concurrency)]);
    const isUp = this.#program.port();
    // Killed before it listened: wait for the next life.
    isUp.catch(() => undefined);
    this.#isUp = isUp;
  }

  async kill(): Promise<void> {
    this.#program?.child.kill("SIGKILL");
    await this.#program?.ended;
    const expected = /^(?:tailcast: builds are stored in .*\n|.* warn event loop delayed .*\n)*$/;
    assert.match(this.#program?.stderr ?? "", expected);
  }

  /** Resolves when a life of the program listens. */
  async up(): Promise<void> {
    for (let life = undefined; life !== this.#isUp;) {
      life = this.#isUp;
      await life.catch(() => undefined);
    }
  }
}

/** Follows a stream as an EventSource does: it reconnects with its last id when it loses the stream, until the end. */
class Follower {
  readonly events: DecodedEvent[] = [];
  readonly done: Promise<void>;
  readonly #site: Site;
  readonly #path: string;
  readonly #decoder = new EventStreamDecoder();
  #isOver = false;
  isConnected = false;
  /** It does not reconnect for now. */
  isAway = false;

  constructor(site: Site, path: string) {
    this.#site = site;
    this.#path = path;
    this.done = this.#follow();
  }

  async #follow(): Promise<void> {
    while (!this.#isOver && !this.#site.isOver) {
      await this.#site.up();
      if (this.isAway) {
        await delay(10);
        continue;
      }
      await this.#connect().catch((error: NodeJS.ErrnoException) => {
        if (!["ECONNREFUSED", "ECONNRESET"].includes(error.code ?? "")) throw error;
      });
      // An event that was cut off does not count.
      this.#decoder.end();
    }
  }

  #connect(): Promise<void> {
    const { lastEventId } = this.#decoder;
    const headers = lastEventId === "" ? {} : { "Last-Event-ID": lastEventId };
    return new Promise((resolve, reject) => {
      const request = get({ port: this.#site.port, path: this.#path, host: "127.0.0.1", headers, agent: false });
      request.on("error", reject);
      request.on("response", (response) => {
        if (response.statusCode === 200) this.#read(response);
        else if (response.statusCode === 204) this.#isOver = true;
        else reject(new Error(`${this.#path} was answered ${response.statusCode}`));
        response.on("error", () => undefined);
        response.on("close", resolve);
        response.resume();
      });
    });
  }

  #read(response: IncomingMessage): void {
    this.isConnected = true;
    response.on("data", (bytes: Buffer) => this.events.push(...this.#decoder.decode(bytes)));
  }
}

function count(counts: Map<string, number>, text: string): void {
  counts.set(text, (counts.get(text) ?? 0) + 1);
}

/**
 * Kills the program at random moments while it builds, starts it again each time, and checks that every client of every
 * build got exactly what is on disk: no line is missing, repeated or out of order.
 *
 * @param random - Returns an integer from 0 up to its argument.
 * @returns The number of builds by status.
 */
export async function surviveKills(
  whole: Lifetime,
  random: (limit: number) => number,
  kills: number,
): Promise<Map<string, number>> {
  const site = await Site.open(lastFirst(whole));
  const followers = new Map<string, Follower[]>();
  const build = async (projectPath: string): Promise<void> => {
    const answer = await postJson(site.port, "/api/project/build", { projectPath, install: "skip" });
    assert.ok(answer.status === 202 || answer.status === 409, answer.text);
    const { id } = answer.json["build"] as BuildRecord;
    const path = `/api/builds/${id}/events`;
    if (!followers.has(id)) followers.set(id, [new Follower(site, path), new Follower(site, path)]);
  };
  site.start(1);
  await site.up();
  const feed = new Follower(site, "/api/log/push");
  await until(() => feed.isConnected);
  await build("a");
  // A client that reconnects before it has seen an event has no id from which it could resume.
  await until(() => feed.events.length > 0);
  await site.kill();
  for (let kill = 0; kill < kills; kill++) {
    feed.isAway = random(2) === 0;
    site.start(1 + random(2));
    // Sometimes while it still takes over the builds of the life before.
    if (random(4) > 0) {
      await site.up();
      await build("a");
      await build("b");
    }
    await delay(random(LONGEST_LIFE));
    await site.kill();
  }
  feed.isAway = false;
  site.start(2);
  await site.up();
  const outcomes = new Map<string, number>();
  const logged: DecodedEvent[] = [];
  for (const [id, [one, two]] of followers) {
    await Promise.all([one?.done, two?.done]);
    const status = await checkBuild(site, id, one?.events ?? []);
    assert.deepEqual(two?.events, one?.events);
    count(outcomes, status);
    logged.push(...(one?.events ?? []));
  }
  await until(() => feed.events.length >= logged.length);
  const [first, ...others] = feed.events;
  const again = await EventClient.open(site.port, "/api/log/push", { "Last-Event-ID": first?.lastEventId ?? "" });
  await until(() => again.events.length >= others.length);
  assert.deepEqual(again.events, others, "a client that reconnects gets what was shown");
  site.isOver = true;
  await site.kill();
  await feed.done;
  checkFeed(feed.events, logged);
  const names = (await Promise.all(["a", "b"].map((name) => readdir(join(site.root, name))))).flat();
  for (const [, pid] of names.flatMap((name) => [...name.matchAll(/^pid-(\d+)$/g)])) {
    // A killed process stays a zombie until init has reaped it.
    const stat = readProcessStat(Number(pid));
    if (stat !== undefined && hasEnded(stat)) continue;
    assert.throws(() => process.kill(Number(pid), 0), { code: "ESRCH" }, `${pid} still runs: ${JSON.stringify(stat)}`);
  }
  return outcomes;
}

/** Checks that the feed has shown the events of every build, in the order of each build, and none twice. */
function checkFeed(shown: readonly DecodedEvent[], logged: readonly DecodedEvent[]): void {
  const epoch = shown[0]?.lastEventId.replace(/-\d+$/, "");
  shown.forEach(({ lastEventId }, index) => assert.equal(lastEventId, `${epoch}-${index + 1}`));
  const texts = new Map<string, number>();
  for (const { type, data } of shown)
    count(texts, type === "message" ? data.replace(/^\[[-\d]{10} [:\d]{8}\] (?:\[[0-9a-z]{16} [ab]\] )?/, "") : data);
  const expected = new Map<string, number>();
  for (const { type, data } of logged) {
    count(expected, type === "line" ? plainText((JSON.parse(data) as BuildLineEvent).text) : data);
  }
  assert.deepEqual(texts, expected);
  const printed = new Map<string, number>();
  for (const [, number, name = ""] of shown.flatMap(({ data }) => [
    ...data.matchAll(/^\S+ \S+ (?:\[\w+ [ab]\] )?line (\d+) of (.*)$/g),
  ])) {
    assert.equal(Number(number), (printed.get(name) ?? 0) + 1, `line ${number} of ${name}`);
    count(printed, name);
  }
}

/** Checks the events that a client received of an ended build. Returns the build's status. */
async function checkBuild(site: Site, id: string, events: readonly DecodedEvent[]): Promise<string> {
  const file = await readFile(join(site.data, "builds", id, "events"));
  assert.deepEqual(new EventStreamDecoder().decode(file), events, "the file is what was received");
  events.forEach(({ lastEventId }, index) => assert.equal(lastEventId, `${id}-${index + 1}`));
  const lines = events.flatMap(({ type, data }) => (type === "line" ? [JSON.parse(data) as BuildLineEvent] : []));
  lines.forEach(({ number }, index) => assert.equal(number, index + 1));
  const printed = lines.filter(({ stream, text }) => stream === "stdout" && text.startsWith("line "));
  printed.forEach(({ text }, index) => assert.ok(text.startsWith(`line ${index + 1} of `), text));
  const last = events.at(-1);
  assert.equal(last?.type, "end");
  const end = JSON.parse(last.data) as BuildRecord;
  assert.deepEqual((await ask(site.port, "GET", `/api/builds/${id}`)).json, end);
  assert.notEqual(end.finishedAt, null);
  if (end.status === "succeeded") assert.ok(printed.length >= 4000);
  else assert.equal(end.status, "lost");
  if (end.status === "lost") assert.match(lines.at(-1)?.text ?? "", /^lost: the server ended while /);
  return end.status;
}
