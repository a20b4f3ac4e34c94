/** What Node alone can do: `node pipe.mjs FILE COMMAND...` writes what a child prints to a file. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

const [file, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
await pipeline(child.stdout, createWriteStream(file));
