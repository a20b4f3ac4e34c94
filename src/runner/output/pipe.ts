import { execFile } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { findProgram } from "../program/find-program.ts";
import { PipeFolder } from "./pipe-folder.ts";
import { PipeReader } from "./pipe-reader.ts";
import { enlargePipes } from "./pipe-size.ts";
import type { Readable } from "node:stream";

/** A pipe of the kernel: one end to read from, and one or more descriptors to write to, each opened separately. */
export interface Pipe {
  readonly reader: Readable;
  /** Descriptors for a child process. */
  readonly writers: readonly number[];
  /**
   * Closes the writers of this process. Call it when the child has ended, or was not started: the pipe ends when no
   * process has a writer.
   */
  closeWriters(): void;
}

/** The time limit of `mkfifo`, in milliseconds. It takes two. */
const PROGRAM_TIMEOUT = 5000;

/** The minimum time between two calls that make the writers blocking, in milliseconds. Filling a pipe takes longer. */
const BLOCK_INTERVAL = 1;

/**
 * Opens pipes for the output of a child process. With `stdio: "pipe"`, Node.js makes a pair of UNIX sockets instead: a
 * child cannot open them as `/dev/stdout`, and a child that prints many short lines and exits loses the last ones,
 * because each line occupies a whole buffer of the socket.
 *
 * Node.js cannot make a pipe. So `mkfifo` makes named pipes in a new directory that only this user may enter. The pipes
 * and the directory are removed as soon as the ends are open, so a process that is killed later leaves nothing behind.
 * POSIX only.
 *
 * @param writerCounts - One pipe for each, with this number of writers.
 * @throws {Error} When `mkfifo` is missing or fails, or there are no descriptors left. Nothing stays open then.
 */
export async function openPipes(writerCounts: readonly number[]): Promise<readonly Pipe[]> {
  const mkfifo = await findProgram("mkfifo", process.env);
  if (mkfifo === undefined) throw new Error("mkfifo is not on PATH");
  const pipes: Pipe[] = [];
  try {
    const folder = await PipeFolder.make();
    try {
      const paths = folder.paths(writerCounts.length);
      await promisify(execFile)(mkfifo, ["-m", "600", ...paths], { timeout: PROGRAM_TIMEOUT, env: {} });
      for (const [index, path] of paths.entries()) pipes.push(openPipe(path, writerCounts[index] ?? 1));
    } finally {
      folder.remove();
    }
    await enlargePipes(pipes.flatMap(({ writers }) => writers.slice(0, 1)));
    return pipes;
  } catch (error) {
    for (const { reader, closeWriters } of pipes) {
      closeWriters();
      reader.destroy();
    }
    throw error;
  }
}

/** Opens both ends. Neither blocks: the reading end is non-blocking, and the writing ends find a reader. */
function openPipe(path: string, writerCount: number): Pipe {
  const writers: Socket[] = [];
  const descriptors: number[] = [];
  const closeWriters = (): void => {
    for (const writer of writers.splice(0)) writer.destroy();
  };
  let blockedAt = 0;
  const block = (): void => {
    const now = performance.now();
    if (now - blockedAt < BLOCK_INTERVAL) return;
    blockedAt = now;
    for (const writer of writers) makeBlocking(writer);
  };
  const [reader] = adopt(path, constants.O_RDONLY | constants.O_NONBLOCK, (fd) => new PipeReader(fd, block));
  try {
    // Opened separately, so that settings of a child's stdout do not change its stderr.
    for (let count = 0; count < writerCount; count++) {
      const [writer, descriptor] = adopt(path, constants.O_WRONLY, openWriter);
      writers.push(writer);
      descriptors.push(descriptor);
    }
  } catch (error) {
    closeWriters();
    reader.destroy();
    throw error;
  }
  block();
  return { reader, writers: descriptors, closeWriters };
}

/** Opens a writer for {@link makeBlocking}. This process never writes to it, and the writer does not keep it alive. */
function openWriter(descriptor: number): Socket {
  return new Socket({ fd: descriptor, readable: false, writable: true }).unref();
}

/** Opens a file and passes its descriptor to an owner, which closes it. */
function adopt<Owner>(path: string, flags: number, own: (descriptor: number) => Owner): [Owner, number] {
  const descriptor = openSync(path, flags);
  try {
    return [own(descriptor), descriptor];
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Makes a child wait when the pipe is full. A program of Node.js makes its stdout non-blocking: output that the pipe
 * cannot hold stays in its memory, and is lost when it calls `process.exit()`. Other programs with the same stdout fail
 * with "Resource temporarily unavailable". The child shares this setting with the writer here, so each read sets it
 * back. `_handle` is not documented; without it, everything else works.
 */
function makeBlocking(writer: Socket): void {
  const { _handle: handle } = writer as unknown as { _handle?: { setBlocking?: (isBlocking: boolean) => void } | null };
  handle?.setBlocking?.(true);
}
