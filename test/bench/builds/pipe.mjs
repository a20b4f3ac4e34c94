/** The limit of Node itself: `node pipe.mjs FILE COMMAND...` writes the output of a child to a file. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

const [file, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
await pipeline(child.stdout, createWriteStream(file));
