/** Measures what one reconnection costs a server, and how long a small storm lasts, with real processes. */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STDIO = ["ignore", "inherit", "inherit", "ipc"];
const start = (name, args = []) => fork(new URL(name, import.meta.url), args, { stdio: STDIO });

/**
 * Kills one of two servers with SIGKILL. Its clients reconnect to the other one, all at the same time.
 *
 * @param {{ count: number, secure: boolean, missed: number }} storm - The number of clients, whether they use TLS, and
 *   the number of events of 100 bytes that they miss.
 * @returns The CPU time of the remaining server for one client, the time between the first and the last request of the
 *   clients' process, and the times after the kill when half of the clients and all are connected again, all in
 *   milliseconds.
 */
export async function measureStorm({ count, secure, missed }) {
  const folder = mkdtempSync(join(tmpdir(), "tailcast-storm-"));
  const files = ["certificate.pem", "key.pem"].map((name) => join(folder, name));
  const processes = [];
  const begin = (...args) => {
    const child = start(...args);
    processes.push(child);
    return child;
  };
  try {
    if (secure) {
      const subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes", "-out", files[0], "-keyout", files[1]];
      const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
      execFileSync("openssl", ["req", "-x509", ...curve, ...subject], { stdio: "ignore" });
    }
    const servers = [begin("server.mjs", secure ? files : []), begin("server.mjs", secure ? files : [])];
    const [from, to] = await Promise.all(servers.map(async (server) => (await once(server, "message"))[0].port));
    const clients = begin("clients.mjs");
    clients.send({ count, from, to, secure });
    await once(clients, "message");
    const ask = async (server, message = {}) => {
      server.send(message);
      return (await once(server, "message"))[0];
    };
    // The clients have the same last event, and the other server has the events after it.
    await Promise.all(servers.map((server) => ask(server, { publish: 1 })));
    while ((await ask(servers[0])).delivered < count);
    const before = await ask(servers[1], { publish: missed });
    const isOver = once(clients, "message");
    servers[0].kill("SIGKILL");
    const [{ reconnected, spread }] = await isOver;
    let after = await ask(servers[1]);
    while (after.delivered < count * missed) after = await ask(servers[1]);
    const at = (part) => reconnected[Math.min(count - 1, Math.floor(count * part))];
    return { service: (after.cpu - before.cpu) / count, spread, half: at(0.5), all: at(1) };
  } finally {
    for (const child of processes) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
