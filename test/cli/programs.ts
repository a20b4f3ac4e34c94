import { once } from "node:events";
import { join } from "node:path";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import { lastFirst } from "../support/lifetime.js";
import { Program, dataFolder } from "../support/program.js";
import type { TestContext } from "node:test";

/** The end of a command. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. @param input - Its stdin. */
export async function runToEnd(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
  input = "",
): Promise<Ended> {
  const program = new Program(t, args, env);
  program.child.stdin.end(input);
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Waits until a program has printed a text, and returns the match. */
export async function printed(
  program: Program,
  stream: "stdout" | "stderr",
  pattern: RegExp,
): Promise<RegExpExecArray> {
  for (;;) {
    const match = pattern.exec(program[stream]);
    if (match !== null) return match;
    const end = await Promise.race([once(program.child[stream], "data").then(() => undefined), program.ended]);
    if (end !== undefined && pattern.exec(program[stream]) === null) {
      throw new Error(`ended with ${end} without ${pattern}: ${program.stdout}${program.stderr}`);
    }
  }
}

/** The address of the page of `tailcast run` or `tailcast pipe`. */
export async function castAddress(program: Program): Promise<{ readonly port: number; readonly id: string }> {
  const [, port, id = ""] = await printed(program, "stderr", /live at http:\/\/[^:]+:(\d+)\/builds\/(\w+)/);
  return { port: Number(port), id };
}

/** A build server in a process of its own, whose builds are actors. */
export interface Server {
  readonly root: string;
  readonly stage: Stage;
  readonly program: Program;
  readonly port: number;
  /** The environment of a command that uses the server. */
  readonly env: Record<string, string>;
  /** Starts the server again on the same port, with the same folder. */
  restart(): Promise<Program>;
}

/** Starts a server with the projects `app` and `next`: the script `build` is an actor, and `quick` prints a line. */
export async function startServer(t: TestContext, args: readonly string[] = []): Promise<Server> {
  const stage = await Stage.open(t);
  const call = (name: string): string => {
    const { command, args: words } = stage.step(name);
    return [command, ...words].map((part) => JSON.stringify(part)).join(" ");
  };
  const quick = String.raw`printf '\033[31mred\033[0m \033]0;title\007\033[2Jend\n'`;
  const manifest = (name: string): string => {
    return JSON.stringify({ name, scripts: { build: call("build"), quick, failing: "exit 3" } });
  };
  const root = await makeFolder(t, { "app/package.json": manifest("app"), "next/package.json": manifest("next") });
  const life = lastFirst(t);
  const options = ["--root", root, "--data", join(dataFolder(life), "builds"), ...args];
  const program = new Program(life, [...options, "--port", "0"]);
  const port = await program.port();
  const restart = async (): Promise<Program> => {
    const next = new Program(life, [...options, "--port", String(port)]);
    await next.port();
    return next;
  };
  return { root, stage, program, port, env: { TAILCAST_SERVER: `http://127.0.0.1:${port}` }, restart };
}
