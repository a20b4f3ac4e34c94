import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { chunk } from "./node-loop.mjs";

/** The limit: `c-loop.c`, which gets all events of a turn as one HTTP chunk and sends it to everyone. */
export async function start({ binaries, core }) {
  const server = spawn("taskset", ["-c", core, join(binaries, "c-loop")], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = await once(server.stdout, "data");
  let turn = "";
  return {
    port: Number(port),
    pids: [server.pid],
    publish: (data) => {
      if (turn === "") setImmediate(flush);
      turn += `data: ${data}\n\n`;
    },
  };

  function flush() {
    const bytes = chunk(turn);
    turn = "";
    const head = Buffer.alloc(4);
    head.writeUInt32LE(bytes.length);
    server.stdin.write(Buffer.concat([head, bytes]));
  }
}
