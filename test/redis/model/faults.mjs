/** The faults of a round. Each is over when its promise resolves. */
import { setTimeout as delay } from "node:timers/promises";

/** Picks one of these values. */
function pick(random, values) {
  return values[random(values.length)];
}

async function killPeer(peers, random) {
  const peer = pick(random, peers);
  await peer.kill();
  await delay(random(300));
  peer.start();
}

async function stopPeer(peers, random) {
  const peer = pick(random, peers);
  peer.signal("SIGSTOP");
  await delay(random(2500));
  peer.signal("SIGCONT");
}

/** Each fault by its name. A fault whose name starts with `kill` kills a process. */
export const FAULTS = {
  killServer: ({ servers }, random) => killPeer(servers, random),
  killWriter: ({ writers }, random) => killPeer(writers, random),
  async killRedis(cluster, random) {
    await cluster.master.kill();
    await delay(random(500));
    await cluster.master.restart();
  },
  /** The replica, which may lack the newest events, becomes the master. */
  async killMaster(cluster, random) {
    await cluster.synchronize();
    if (random(4) > 0) {
      cluster.replica.signal("SIGSTOP");
      await cluster.master.command("CLIENT", "KILL", "TYPE", "replica");
      await delay(random(300));
    }
    const old = cluster.master;
    await old.kill();
    cluster.replica.signal("SIGCONT");
    await cluster.promote();
    await delay(random(500));
    await old.restart();
    await cluster.follow();
  },
  stopServer: ({ servers }, random) => stopPeer(servers, random),
  stopWriter: ({ writers }, random) => stopPeer(writers, random),
  stopRedis: ({ master }, random) => stopPeer([master], random),
  async pause({ master }, random) {
    const time = random(2500);
    await master.command("CLIENT", "PAUSE", time, pick(random, ["WRITE", "ALL"]));
    await delay(time);
  },
  /** Both servers accept events: some peers still reach the old one. */
  async partition(cluster, random) {
    await cluster.synchronize();
    const staying = new Set(cluster.peers.filter(() => random(2) === 0));
    await cluster.promote((peer) => !staying.has(peer));
    await delay(random(1500));
    await cluster.follow();
    await delay(random(500));
    for (const peer of staying) peer.proxy.lead(cluster.master);
  },
  async cut({ peers }, random) {
    for (const peer of peers) if (random(2) === 0) peer.proxy.cut();
  },
  async silence({ peers }, random) {
    const { proxy } = pick(random, peers);
    proxy.mode = pick(random, ["silent", "deaf"]);
    await delay(random(2500));
    proxy.mode = "open";
    // The connection lacks the swallowed bytes.
    proxy.cut();
  },
  /** Redis carries out the commands of a writer, but the writer receives no answer. */
  async loseAnswers({ writers }, random) {
    const { proxy } = pick(random, writers);
    proxy.mode = "deaf";
    await delay(random(200));
    proxy.mode = "open";
    proxy.cut();
  },
  async dropNews({ master }) {
    await master.command("CLIENT", "KILL", "TYPE", "pubsub");
  },
  async flushScripts({ master }) {
    await master.command("SCRIPT", "FLUSH");
  },
};
