import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EventStreamDecoder } from "../../../dist/index.js";
import { Seen } from "./seen.mjs";

const SERVER = fileURLToPath(new URL("vanishing-server.mjs", import.meta.url));

/** The two ends of the cable. The clients' addresses are behind the other end, as if that were a router. */
const SERVER_ADDRESS = "10.98.0.1";
const ROUTER_ADDRESS = "10.98.0.2";

let networks = 0;

/** The reason why no network can be made here; `undefined` if one can. */
export function obstacle() {
  try {
    ip("netns", "add", `tailcast-${process.pid}`);
    ip("netns", "delete", `tailcast-${process.pid}`);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made (as root, with iproute2): ${error.message}`;
  }
}

/** A server and clients on two machines of their own: network namespaces with a cable between them. */
export class Network {
  #t;
  #near;
  #far;
  #events = [];
  #changed = () => {};

  /**
   * Starts a channel with `options`, on a machine that gives a connection up after `retries` retransmissions. All ends
   * with the test.
   */
  static async start(t, { retries, ...options }) {
    const network = new Network();
    network.#t = t;
    const name = `tailcast-${process.pid}-${++networks}`;
    const [near, far] = [`${name}-near`, `${name}-far`];
    network.#near = near;
    network.#far = far;
    for (const machine of [near, far]) {
      ip("netns", "add", machine);
      // A namespace lasts until its last process has ended.
      t.after(() => ip("netns", "delete", machine));
      ip("-n", machine, "link", "set", "lo", "up");
    }
    ip("-n", near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far);
    for (const [machine, address] of [
      [near, SERVER_ADDRESS],
      [far, ROUTER_ADDRESS],
    ]) {
      ip("-n", machine, "address", "add", `${address}/24`, "dev", "cable");
      ip("-n", machine, "link", "set", "cable", "up");
    }
    ip("-n", near, "route", "add", "10.99.0.0/24", "via", ROUTER_ADDRESS);
    if (retries !== undefined) ip("netns", "exec", near, "sysctl", "-qw", `net.ipv4.tcp_retries2=${retries}`);
    const server = network.#spawn(near, process.execPath, SERVER, SERVER_ADDRESS, JSON.stringify(options));
    createInterface(server.stdout).on("line", (line) => {
      network.#events.push(JSON.parse(line));
      network.#changed();
    });
    await network.event("listening");
    return network;
  }

  /** Connects a client from an address of its own. Resolves with the address, and with what the client receives. */
  async connect(number) {
    const address = `10.99.0.${number}`;
    this.appear(address);
    const client = this.#spawn(
      this.#far,
      "curl",
      ...["--silent", "--no-buffer", "--interface", address, `http://${SERVER_ADDRESS}:8000/`],
    );
    const seen = new Seen();
    const decoder = new EventStreamDecoder();
    client.stdout.on("data", (bytes) => decoder.decode(bytes).forEach(({ data }) => seen.add(data)));
    await this.event("connect", address);
    return { address, seen };
  }

  /** Makes an address known, perhaps again. */
  appear(address) {
    ip("-n", this.#far, "address", "add", `${address}/32`, "dev", "lo");
  }

  /** Makes an address vanish: packets to it are dropped silently. */
  vanish(address) {
    ip("-n", this.#far, "address", "delete", `${address}/32`, "dev", "lo");
  }

  /** Resolves with the first such event of the server. */
  async event(event, address) {
    for (;;) {
      const found = this.#events.find((seen) => seen.event === event && seen.address === address);
      if (found !== undefined) return found;
      await new Promise((resolve) => (this.#changed = resolve));
    }
  }

  /** Whether there was such an event. */
  hasSeen(event, address) {
    return this.#events.some((seen) => seen.event === event && seen.address === address);
  }

  #spawn(machine, ...command) {
    const child = spawn("ip", ["netns", "exec", machine, ...command], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "close");
    this.#t.after(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    return child;
  }
}

function ip(...args) {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
