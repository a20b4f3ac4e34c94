import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The maximum number of pipelined requests of one connection that wait for their turn. Each needs some kilobytes. */
const MAX_WAITING = 16;

const waiting = new WeakMap<Socket, number>();

/**
 * Resolves when the responses before this one on its connection are over (HTTP/1.1 pipelining). Until then the server
 * writes no bytes, so Node continues to read and detects a client that leaves; the promise then never resolves. A
 * connection with too many waiting requests is dropped.
 */
export async function responseTurn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (response.socket !== null) return;
  const { socket } = request;
  const count = (waiting.get(socket) ?? 0) + 1;
  waiting.set(socket, count);
  if (count > MAX_WAITING) socket.destroy();
  await new Promise((resolve) => response.once("socket", resolve));
  waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
}
