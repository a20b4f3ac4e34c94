import type { Socket } from "node:net";

/** The callbacks of each socket. With one listener for each response, Node would report a leak in a long pipeline. */
const callbacksOf = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `callback` when a socket closes. The responses of a pipeline share a socket, and a response that waits for its
 * turn emits no event when the socket closes.
 *
 * @returns A function that removes the callback.
 */
export function onSocketClose(socket: Socket, callback: () => void): () => void {
  const callbacks = callbacksOf.get(socket) ?? watch(socket);
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}

function watch(socket: Socket): Set<() => void> {
  const callbacks = new Set<() => void>();
  callbacksOf.set(socket, callbacks);
  socket.once("close", () => {
    for (const callback of callbacks) callback();
  });
  return callbacks;
}
