import { connect } from "node:net";
import { ResponseReader } from "./response-reader.js";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Script } from "./grammar.js";

/** A connection to the server, and the TCP socket below it, which can be reset. */
export interface Link {
  readonly stream: Duplex;
  readonly socket: Socket;
}

/** Opens a connection to the server. */
export type Connect = () => Link;

/** How long a client waits between two pieces, in turns of the event loop. */
const TURNS_BETWEEN = 3;

function connectTo(port: number): Socket {
  // Another address than that of the viewers.
  const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2", allowHalfOpen: true });
  return socket.on("error", () => undefined);
}

/** Opens connections to a port. */
export function overTcp(port: number): Connect {
  return () => {
    const socket = connectTo(port);
    return { stream: socket, socket };
  };
}

/**
 * Plays a script on a new connection.
 *
 * @returns The statuses of the replies.
 * @throws {Error} When the server sends anything that is not HTTP, or a 500.
 */
export async function play(script: Script, open: Connect): Promise<readonly number[]> {
  const { cut, cutAt, isReset, isValid, patience, methods } = script;
  const reader = new ResponseReader(methods);
  const { stream, socket } = open();
  return new Promise((resolve, reject) => {
    let hasCut = false;
    let isOver = false;
    const finish = (error?: unknown): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      // Node neither resets nor closes a socket whose half-close is under way: its handle would stay open.
      const isHalfClosing = socket.writableEnded && !socket.writableFinished;
      if (isReset && !isHalfClosing && !socket.destroyed) socket.resetAndDestroy();
      stream.destroy();
      socket.destroy();
      if (error === undefined) resolve(reader.statuses);
      // The errors of this client are made here.
      else reject(error as Error);
    };
    const leave = (): void => {
      hasCut = true;
      finish();
    };
    const timer = setTimeout(leave, patience);
    stream.on("error", () => undefined);
    stream.on("data", (bytes: Buffer) => {
      try {
        reader.push(bytes);
      } catch (error) {
        finish(error);
      }
      if ((cut === "in-reply" && reader.bytes > cutAt) || reader.bytes > 300_000 || reader.isDone) leave();
    });
    stream.on("end", () => {
      try {
        // Node ends a connection within a reply when a later request on it cannot be read.
        if (isValid && !hasCut && cut !== "half-close") reader.end();
        leave();
      } catch (error) {
        finish(error);
      }
    });
    stream.on("close", leave);
    void write(stream, script).then(() => {
      if (cut === "half-close") stream.end();
      else if (cut === "while-sending" || cut === "before-reply") leave();
    });
  });
}

/** Writes the pieces, up to the cut. */
async function write(stream: Duplex, { pieces, cut, cutAt }: Script): Promise<void> {
  let left = cut === "while-sending" ? cutAt : Infinity;
  for (const piece of pieces) {
    if (stream.destroyed || !stream.writable) return;
    stream.write(Buffer.from(piece.slice(0, left), "latin1"));
    left -= piece.length;
    if (left <= 0) break;
    if (pieces.length > 1) for (let turn = 0; turn < TURNS_BETWEEN; turn++) await new Promise(setImmediate);
  }
  await new Promise(setImmediate);
}
