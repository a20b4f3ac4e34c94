import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { askVersion } from "../package-manager/version.ts";
import { findProgram } from "../program/find-program.ts";
import { trustProblem } from "../program/trusted-program.ts";
import { readNodeHeader } from "./node-header.ts";
import { nodeProgram } from "./node-setting.ts";
import { compareVersions, parseVersion } from "./semver-range.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { Environment } from "../program/find-program.ts";
import type { InstalledNode } from "./installed-nodes.ts";
import type { Version } from "./semver-range.ts";
import type { NodeRelease } from "./wanted-version.ts";

/** A Node.js that a build can use. */
export interface ConfirmedNode {
  /** The release that it has printed; `undefined` when it printed none. */
  readonly release: NodeRelease | undefined;
  /** The folder of its programs, if it is not the one that `PATH` leads to. */
  readonly folder: string | undefined;
  /** Where it was found, for people. */
  readonly origin: "PATH" | "the server" | InstalledNode["origin"];
}

/** How programs run that print their version. */
export interface AskOptions {
  readonly cwd: string;
  readonly env: Environment;
  readonly limits: ProgramLimits;
}

/**
 * Finds the Node.js that a build uses by default: the one on `PATH`, or otherwise that of this server.
 *
 * @returns `undefined` when there is neither.
 */
export async function findOwnNode(options: AskOptions): Promise<ConfirmedNode | undefined> {
  const program = await findProgram("node", options.env);
  if (program !== undefined) return { release: await askRelease(program, options), folder: undefined, origin: "PATH" };
  if (process.platform === "win32" || basename(process.execPath) !== "node") return undefined;
  const release = await askRelease(process.execPath, options);
  return { release, folder: dirname(process.execPath), origin: "the server" };
}

/**
 * Runs an installed Node.js to confirm its version: it can be for another processor or another C library.
 *
 * @returns A sentence with the reason why a build cannot use it, if so.
 */
export async function confirmNode(node: InstalledNode, options: AskOptions): Promise<ConfirmedNode | string> {
  const { bin: folder, origin, version } = node;
  const answer = await askTrusted(join(folder, "node"), options);
  if (typeof answer === "string") return `the Node.js in ${folder} is not used: ${answer}`;
  if (compareVersions(answer, version) === 0) return { release: node, folder, origin };
  return `the Node.js in ${folder} is not used: it is another version than its folder says`;
}

/**
 * Runs the Node.js of a folder to learn its version.
 *
 * @param folder - The folder of an installation: absolute.
 * @returns A sentence with the reason why a build cannot use it, if so.
 */
export async function confirmFolder(
  folder: string,
  options: AskOptions,
): Promise<(ConfirmedNode & { readonly release: NodeRelease }) | string> {
  const program = nodeProgram(folder);
  const problem = await trustProblem(program);
  const release = problem === undefined ? await askRelease(program, options) : undefined;
  if (release === undefined) return problem ?? "it printed no version";
  return { release, folder: dirname(program), origin: folder };
}

/** Runs a program for its version, unless other users could have put it in its place. Then the result is a sentence. */
export async function askTrusted(program: string, options: AskOptions): Promise<Version | string> {
  const problem = await trustProblem(program);
  return problem ?? (await ask(program, options)) ?? "it printed no version";
}

async function askRelease(program: string, options: AskOptions): Promise<NodeRelease | undefined> {
  const version = await ask(program, options);
  if (version === undefined) return undefined;
  const isThis = `v${formatVersion(version)}` === process.version;
  if (isThis) return { version, lts: process.release.lts?.toLowerCase() };
  const header = await readNodeHeader(dirname(await realpath(program).catch(() => program)));
  const isOfHeader = header !== undefined && compareVersions(header.version, version) === 0;
  return { version, lts: isOfHeader ? header.lts : undefined };
}

async function ask(program: string, { cwd, env, limits }: AskOptions): Promise<Version | undefined> {
  const answer = await askVersion(program, cwd, env, limits);
  return "version" in answer ? parseVersion(answer.version) : undefined;
}

/** The version as people write it. */
export function formatVersion({ numbers, prerelease }: Version): string {
  return [numbers.join("."), ...(prerelease.length === 0 ? [] : [prerelease.join(".")])].join("-");
}
