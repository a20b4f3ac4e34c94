/** Two Redis servers, and the processes that publish to a log on them and show it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../ecosystem/support/ports.mjs";
import { CLIENTS } from "../support/clients.mjs";
import { Proxy } from "../support/proxy.mjs";
import { RedisServer } from "../support/redis-server.mjs";

const PEER = fileURLToPath(new URL("peer.mjs", import.meta.url));

/** A process that is started again when it is killed. It reaches Redis through a proxy. */
class Peer {
  #options;
  #onFate;
  #child;
  #starts = 0;
  proxy;

  constructor(options, proxy, onFate) {
    this.#options = options;
    this.proxy = proxy;
    this.#onFate = onFate;
  }

  start() {
    const { name } = this.#options;
    const options = { ...this.#options, url: this.proxy.url, ...(name && { name: `${name}x${++this.#starts}` }) };
    const child = fork(PEER, [JSON.stringify(options)]);
    this.#child = child;
    child.on("message", ({ fates = [] }) => {
      for (const fate of fates) this.#onFate(...fate);
    });
    child.on("error", () => undefined);
  }

  async kill() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, "exit");
    child.kill("SIGKILL");
    await over;
  }

  /** Resolves when the process serves. */
  async ready() {
    await once(this.#child, "message");
  }

  signal(name) {
    this.#child.kill(name);
  }

  get hasFailed() {
    return this.#child.exitCode !== null;
  }
}

export class Cluster {
  /** The servers of Redis: the master, and the one that follows it. */
  master;
  replica;
  servers = [];
  writers = [];
  ports = [];

  static async start(t, { isPersistent, servers, writers, timeout, onFate }) {
    const cluster = new Cluster();
    const args = isPersistent ? ["--appendonly", "yes", "--appendfsync", "always"] : [];
    cluster.master = await RedisServer.start(t, args);
    cluster.replica = await RedisServer.start(t, args);
    await cluster.follow();
    const clients = Object.keys(CLIENTS);
    const addPeer = async (options, index) => {
      const proxy = await Proxy.start(t, cluster.master);
      const client = clients[index % clients.length];
      const peer = new Peer({ ...options, client, topic: "model", timeout }, proxy, onFate);
      peer.start();
      t.after(() => peer.kill());
      return peer;
    };
    for (let index = 0; index < servers; index++) {
      const port = await freePort();
      cluster.ports.push(port);
      cluster.servers.push(await addPeer({ port }, index));
    }
    for (let index = 0; index < writers; index++) {
      cluster.writers.push(await addPeer({ name: `w${index + 1}` }, index));
    }
    await Promise.all(cluster.servers.map((server) => server.ready()));
    return cluster;
  }

  get peers() {
    return [...this.servers, ...this.writers];
  }

  /** Makes the replica follow the master. */
  async follow() {
    await this.replica.command("REPLICAOF", "127.0.0.1", this.master.port);
  }

  /** Makes the replica the master. The peers that `moves` accepts reach it. */
  async promote(moves = () => true) {
    await this.replica.command("REPLICAOF", "NO", "ONE");
    [this.master, this.replica] = [this.replica, this.master];
    for (const peer of this.peers) if (moves(peer)) peer.proxy.lead(this.master);
  }

  /** Waits until the replica has what the master had, at most for this time. */
  async synchronize(time = 3000) {
    for (const end = performance.now() + time; performance.now() < end; await delay(20)) {
      const { master_link_status: status, slave_repl_offset: has } = await this.replica.info("replication");
      const { master_repl_offset: wanted } = await this.master.info("replication");
      if (status === "up" && Number(has) >= Number(wanted) - 1000) return;
    }
  }
}
