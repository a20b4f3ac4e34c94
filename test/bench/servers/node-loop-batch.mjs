import { chunk, openSockets } from "./node-loop.mjs";

/** The bare loop that batches: all events of a turn in one shared Buffer, one write to each socket for each turn. */
export async function start() {
  const { port, sockets } = await openSockets();
  let turn = "";
  return {
    port,
    publish: (data) => {
      if (turn === "") setImmediate(flush);
      turn += `data: ${data}\n\n`;
    },
  };

  function flush() {
    const bytes = chunk(turn);
    turn = "";
    for (const socket of sockets) socket.write(bytes);
  }
}
