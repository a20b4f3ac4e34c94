/** A process that publishes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CLIENTS, NEWER_CLIENTS } from "./clients.mjs";
import { RedisLogs } from "../../../dist/redis/index.js";

let writers = 0;

/** Publishes `<name> <number>` with numbers from 0, in a separate process. */
export class Writer {
  name = `writer${++writers}`;
  #child;

  constructor(t, server, topic, client) {
    this.#child = fork(fileURLToPath(import.meta.url), [server.url, topic, client, this.name]);
    t.after(() => this.#child.kill("SIGKILL"));
  }

  /** Publishes events, one after the other in groups of five. Returns their ids. */
  async publish(count) {
    this.#child.send(count);
    const [ids] = await once(this.#child, "message");
    return ids;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, topic, client, name] = process.argv.slice(2);
  const logs = new RedisLogs({ ...CLIENTS, ...NEWER_CLIENTS }[client](url));
  let number = 0;
  process.on("message", async (count) => {
    const log = await logs.open(topic);
    const ids = [];
    while (ids.length < count) {
      const group = Array.from({ length: Math.min(5, count - ids.length) }, () => log.publish(`${name} ${number++}`));
      ids.push(...(await Promise.all(group)));
    }
    process.send(ids);
  });
}
