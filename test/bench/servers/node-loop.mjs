import { createServer } from "node:http";
import { listen } from "../listen.mjs";

/** An event as one HTTP chunk. @param {string} body */
export function chunk(body) {
  return Buffer.from(`${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`);
}

/** A server that only opens streams, and the sockets of its clients. */
export async function openSockets() {
  const sockets = new Set();
  const server = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.flushHeaders();
    sockets.add(response.socket);
    response.on("close", () => sockets.delete(request.socket));
  });
  return { port: await listen(server), sockets };
}

/** The bare loop: one shared Buffer, one write to each socket for each event. */
export async function start() {
  const { port, sockets } = await openSockets();
  return {
    port,
    publish: (data) => {
      const bytes = chunk(`data: ${data}\n\n`);
      for (const socket of sockets) socket.write(bytes);
    },
  };
}
