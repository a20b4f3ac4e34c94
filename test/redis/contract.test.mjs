/** The checks of `tailcast/contract`, for logs in Redis. */
import { after, before, describe, it } from "node:test";
import { sharedLogContract } from "../../dist/contract/index.js";
import { RedisLogs } from "../../dist/redis/index.js";
import { CLIENTS } from "./support/clients.mjs";
import { Proxy } from "./support/proxy.mjs";
import { RedisServer } from "./support/redis-server.mjs";

const MAX_EVENT_BYTES = 1024 * 1024;

/** Processes with a connection to Redis each. */
class Processes {
  #t;
  #server;
  #options;
  #processes = [];
  /** The process of each log, and the number of processes that have opened a topic. */
  #owners = new WeakMap();
  #opened = new Map();

  constructor(t, server, options) {
    this.#t = t;
    this.#server = server;
    this.#options = options;
  }

  /** Opens a log in a process that has not opened this topic yet. */
  async open(topic) {
    const index = this.#opened.get(topic) ?? 0;
    this.#opened.set(topic, index + 1);
    const process = (this.#processes[index] ??= await this.#start());
    const log = await process.logs.open(topic);
    this.#owners.set(log, process);
    return log;
  }

  /** Opens a topic again in the process of a log. */
  async reopen(topic, log) {
    const process = this.#owners.get(log);
    const again = await process.logs.open(topic);
    this.#owners.set(again, process);
    return again;
  }

  /** Interrupts the connections of the process of a log, until the returned function is called. */
  interrupt(log) {
    const { proxy } = this.#owners.get(log);
    proxy.mode = "closed";
    proxy.cut();
    return () => (proxy.mode = "open");
  }

  async #start() {
    const { client, ...options } = this.#options;
    const proxy = await Proxy.start(this.#t, this.#server);
    const logs = new RedisLogs(client(proxy.url), { timeout: 3000, checkInterval: 100, ...options });
    this.#t.after(() => logs.close());
    return { proxy, logs };
  }
}

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`RedisLog with ${name}`, () => {
    const releases = [];
    const t = { after: (release) => releases.push(release) };
    let server;
    let all;
    let small;
    before(async () => {
      server = await RedisServer.start(t);
      all = new Processes(t, server, { client, maxEventBytes: MAX_EVENT_BYTES });
      small = new Processes(t, server, { client, capacity: 2500, prefix: "small" });
    });
    after(async () => {
      for (const release of releases.reverse()) await release();
    });

    const checks = sharedLogContract({
      open: (topic) => all.open(topic),
      reopen: (topic, log) => all.reopen(topic, log),
      openSmall: (topic) => small.open(topic),
      lose: (topic) => server.command("DEL", `{tailcast:${topic}}:events`, `{tailcast:${topic}}:log`),
      interrupt: (log) => all.interrupt(log),
      maxEventBytes: MAX_EVENT_BYTES,
    });
    for (const { title, run } of checks) it(title, run);
  });
}
