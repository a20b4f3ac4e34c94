import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { COMMANDS } from "../../dist/cli/commands.js";
import { Program, dataFolder } from "../support/program.js";
import { ROOT } from "./blocks.js";
import type { Lifetime } from "../support/lifetime.js";

const run = promisify(execFile);

/** Where the READMEs expect the build server. */
const ADDRESS = /http:\/\/127\.0\.0\.1:3000\b/;

/** The exit code of curl when --max-time ends a stream. */
const TIMED_OUT = 28;

/** Splits a shell block into its commands, without comments. */
export function commandsOf(text: string): string[] {
  return text
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split("&&"))
    .map((command) => command.trim().replaceAll(/\s+/g, " "))
    .filter((command) => command !== "");
}

/**
 * Fails unless a command does what it says: its script, folder or file exists. `tailcast` starts, and curl makes its
 * request.
 *
 * @param origin - Returns the address of a build server with the projects in `examples`.
 * @param life - How long a program that does not end itself may live.
 * @returns The output, of curl and of `tailcast --help`.
 */
export async function checkCommand(command: string, origin: () => Promise<string>, life: Lifetime): Promise<string> {
  const { env, words } = splitCommand(command);
  const [program = "", ...args] = words;
  const check = CHECKS[program];
  assert.ok(check, `no check is known for "${program}"; put <!-- checked by FILE --> above the block`);
  return (await check(args, env, origin, life)) ?? "";
}

type Check = (
  args: readonly string[],
  env: Record<string, string>,
  origin: () => Promise<string>,
  life: Lifetime,
) => string | undefined | Promise<string>;

const CHECKS: Readonly<Record<string, Check>> = {
  curl: async (args, _env, origin) => {
    const address = await origin();
    const words = args.map((word) => word.replace(ADDRESS, address));
    assert.ok(words.some((word) => word.includes(address)), "curl must ask http://127.0.0.1:3000");
    try {
      return (await run("curl", ["--silent", "--show-error", "--fail", "--max-time", "2", ...words])).stdout;
    } catch (error) {
      const { code, stdout } = error as { code?: unknown; stdout: string };
      if (code !== TIMED_OUT) throw error;
      return stdout;
    }
  },
  node: ([file = "", ...args], env, _origin, life) => {
    assert.ok(existsSync(new URL(file.replace(/^dist\/(.*)\.js$/, "src/$1.ts"), ROOT)), `there is no ${file}`);
    return file === "dist/server.js" ? runProgram(args, env, life) : undefined;
  },
  npm: (args) => {
    const prefix = optionOf(args, "--prefix") ?? ".";
    const [verb = "", name = ""] = args.filter((word) => word !== "--prefix" && word !== prefix);
    if (verb === "install") {
      assert.equal(name, "tailcast");
      return undefined;
    }
    if (verb === "ci") {
      assert.ok(existsSync(new URL(`${prefix}/package-lock.json`, ROOT)), prefix);
      return undefined;
    }
    const { scripts } = JSON.parse(readFileSync(new URL(`${prefix}/package.json`, ROOT), "utf8")) as {
      scripts: Record<string, string>;
    };
    const script = verb === "run" ? name : verb;
    assert.ok(Object.hasOwn(scripts, script), `${prefix}/package.json has no script "${script}"`);
    return undefined;
  },
  tailcast: (args, env, origin, life) => runTailcast(args, env, origin, life),
  npx: ([name, ...args], env, origin, life) => {
    assert.equal(name, "tailcast");
    return runTailcast(args, env, origin, life);
  },
};

/** Runs the program. A command that reads from the build server of the READMEs gets a real one. */
async function runTailcast(
  args: readonly string[],
  env: Record<string, string>,
  origin: () => Promise<string>,
  life: Lifetime,
): Promise<string> {
  const command = await COMMANDS[args[0] ?? ""]?.load();
  const usesServer = command?.options.some(({ flag }) => flag === "server") ?? false;
  if (!usesServer && !args.some((word) => ADDRESS.test(word))) return runProgram(args, env, life);
  const address = await origin();
  if (usesServer) return runProgram(args, { ...env, TAILCAST_SERVER: address }, life);
  const stdout = await runProgram(args.map((word) => word.replace(ADDRESS, address)), env, life);
  return stdout.replaceAll(address, "http://127.0.0.1:3000");
}

/**
 * Runs the program with these arguments, and with folders that exist. A server gets a free port and is ended again;
 * another sub-command must end.
 */
async function runProgram(args: readonly string[], env: Record<string, string>, life: Lifetime): Promise<string> {
  const folders: Readonly<Record<string, string>> = { "--root": "examples", "--data": dataFolder(life) };
  const real = args.map((word, index) => folders[args[index - 1] ?? ""] ?? word);
  const variables = "TAILCAST_ROOT" in env ? { ...env, TAILCAST_ROOT: "examples" } : env;
  const isText = args.some((word) => word === "--help" || word === "--version");
  const isServer = !isText && (args[0] === undefined || args[0] === "serve" || args[0].startsWith("-"));
  const program = new Program(life, isServer ? [...real, "--port", "0"] : real, variables);
  if (isServer) {
    await program.port();
    program.child.kill("SIGTERM");
  }
  assert.equal(await program.ended, 0, program.stderr);
  // The address of the page is the first message.
  return args[0] === "run" ? program.stderr + program.stdout : program.stdout;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const index = args.indexOf(name);
  return index === -1 ? undefined : args[index + 1];
}

/** Reads words with quotes, and the variables in front of them. */
function splitCommand(command: string): { env: Record<string, string>; words: string[] } {
  const pieces = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const words = pieces.map((piece) => piece.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  const env: Record<string, string> = {};
  while (/^[A-Z_]+=/.test(words[0] ?? "")) {
    const [name = "", ...value] = (words.shift() ?? "").split("=");
    env[name] = value.join("=");
  }
  return { env, words };
}
