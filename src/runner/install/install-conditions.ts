import { createHash } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installNames } from "../package-manager/install-traits.ts";
import { findProgram } from "../program/find-program.ts";
import type { DetectedPackageManager } from "../package-manager/detect.ts";
import type { ManagerCall } from "../package-manager/invocation.ts";
import type { Environment } from "../program/find-program.ts";

/** The things outside of the project that an install depends on. */
export interface InstallConditions {
  /** A digest for each condition, by the name that people see. */
  readonly digests: Readonly<Record<string, string>>;
  /** The reasons why the install must run even if nothing changed, as sentences. */
  readonly doubts: readonly string[];
  /** The files with the settings of the user and of the machine, whether they exist or not: absolute paths. */
  readonly settings: readonly string[];
}

/** Variables that describe the session in which the server was started, or colours. No install depends on them. */
const IGNORED = new RegExp(
  `^(?:${[
    "_|PWD|OLDPWD|SHLVL|MAIL|COLUMNS|LINES|COLORTERM|WINDOWID|DISPLAY|WAYLAND_DISPLAY|STY|VTE_VERSION",
    "(?:TERM|TMUX|SSH_|DBUS_|ITERM_|KONSOLE_|GNOME_TERMINAL_|VSCODE_|XDG_SESSION_|XDG_SEAT|XDG_VTNR).*",
    "INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID",
    "FORCE_COLOR|NO_COLOR|CLICOLOR_FORCE|NODE_DISABLE_COLORS|npm_config_color",
  ].join("|")})$`,
);

/**
 * Reads the conditions of an install.
 *
 * @param nodeVersion - The version that `node` has printed in the directory of the install; `undefined`: unknown.
 */
export async function installConditions(
  { manager }: DetectedPackageManager,
  call: ManagerCall,
  env: Environment,
  nodeVersion: string | undefined,
): Promise<InstallConditions> {
  const doubts: string[] = [];
  const node = await findProgram("node", env);
  if (nodeVersion === undefined) doubts.push("the version of Node.js is unknown");
  if (call.version === undefined) doubts.push(`the version of ${manager.name} is unknown`);
  const places = new RegExp(`^(?:${[...installNames("placeVariables")].join("|")})$`, "i");
  const place = Object.keys(env).find((name) => places.test(name));
  if (place !== undefined) doubts.push(`the variable ${place} is set`);
  const variables = Object.entries(env)
    .filter(([name, value]) => value !== undefined && !IGNORED.test(name))
    .sort();
  const digests = {
    "Node.js": digest([nodeVersion, node && (await identity(node))]),
    [manager.name]: digest([manager.name, call.version, call.command, call.args]),
    "the platform": digest([process.platform, process.arch, process.geteuid?.()]),
    "the environment": digest(variables),
  };
  return { digests, doubts, settings: settingsFiles(env, node && (await realpath(node).catch(() => node))) };
}

/** A program that was replaced by one with the same version can be for another processor, or another C library. */
async function identity(path: string): Promise<string> {
  const real = await realpath(path).catch(() => path);
  const status = await stat(real).catch(() => undefined);
  return `${real} ${status?.ino} ${status?.size} ${status?.mtimeMs}`;
}

function settingsFiles(env: Environment, node: string | undefined): string[] {
  const files = [...installNames("machineSettings")];
  const { HOME, USERPROFILE, XDG_CONFIG_HOME } = env;
  const home = HOME ?? USERPROFILE;
  if (home !== undefined) for (const name of installNames("homeSettings")) files.push(join(home, name));
  if (XDG_CONFIG_HOME !== undefined) {
    for (const name of installNames("configSettings")) files.push(join(XDG_CONFIG_HOME, name));
  }
  if (node !== undefined) files.push(join(dirname(dirname(node)), "etc", "npmrc"));
  for (const [name, value] of Object.entries(env)) {
    if (/^npm_config_(?:user|global)config$/i.test(name) && value !== undefined) files.push(value);
  }
  return files.filter((file) => file.startsWith("/") || /^[a-z]:/i.test(file));
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 22);
}
