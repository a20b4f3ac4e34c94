import { delimiter } from "node:path";
import { checkNames, checkValue, kinds } from "../../check-options.ts";
import { buildNodeOptions } from "./node-options.ts";
import type { OptionNames } from "../../check-options.ts";
import type { Environment } from "./find-program.ts";

/** The options of {@link buildEnvironment}. */
export interface BuildEnvironmentOptions {
  /**
   * Whether programs shall colour output that is not a terminal. Then `$(node -p 2*2)` and files that a script
   * writes with `console.log` hold escape sequences too. Default `false`.
   */
  color?: boolean | undefined;
}

const optionNames: OptionNames<BuildEnvironmentOptions> = { color: true };

/**
 * The variables that do not reach a build. `NODE_ENV=production` would leave out its dev dependencies; the others
 * belong to this process, like `PORT` and `HOST`, which are options of this server, and a debugger's bootstrap, or to
 * its secrets.
 */
const REMOVED: ReadonlySet<string> = new Set([
  "NODE_ENV",
  "NODE_V8_COVERAGE",
  "NODE_CHANNEL_FD",
  "NODE_UNIQUE_ID",
  "NODE_TEST_CONTEXT",
  "VSCODE_INSPECTOR_OPTIONS",
  "INIT_CWD",
  "PORT",
  "HOST",
]);

/** Secrets, and the variables that npm sets for a script. A person's own settings are `npm_config_...`. */
const REMOVED_PATTERN = /^(?:TAILCAST_|npm_(?:lifecycle_|package_|(?:command|execpath|node_execpath)$))/;

/** Each of these is a sign that npm, or a manager that acts like it, has started this process. */
const SIGNS_OF_NPM = ["npm_lifecycle_event", "npm_execpath", "npm_config_user_agent"];

/** The directories that npm puts in front of `PATH`: commands of this server's dependencies, not of the project's. */
const DIRECTORY_OF_NPM = /(?:^|\/)node_modules\/\.bin\/?$|node-gyp-bin/;

/**
 * The defaults; a variable of this process wins over them. `CI` turns off prompts and progress bars. `TERM` and
 * `COLUMNS` describe the abilities of the page. With the last two, corepack neither asks before a download nor reads
 * its settings from a file in the project.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  CI: "true",
  TERM: "xterm-256color",
  COLUMNS: "120",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  COREPACK_ENV_FILE: "0",
};

/** The defaults that turn colours on. */
const COLORS: Readonly<Record<string, string>> = {
  FORCE_COLOR: "1",
  CLICOLOR_FORCE: "1",
  npm_config_color: "always",
};

/** A person who has set one of these has decided about colours. */
const WISHES_FOR_COLOR = ["NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR"];

/**
 * The environment in which the steps of a build run: the variables of this process without those that concern it alone,
 * and defaults for programs whose output is a log.
 *
 * @param base - Where to start. Default `process.env`.
 * @param extra - Added last; wins over everything.
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function buildEnvironment(
  base: Environment = process.env,
  extra: Environment = {},
  options: BuildEnvironmentOptions = {},
): Record<string, string> {
  checkValue("base", base, kinds.object);
  checkValue("extra", extra, kinds.object);
  checkNames(options, optionNames);
  const color = checkValue("color", options.color ?? false, kinds.boolean);
  const cleaned = SIGNS_OF_NPM.some((name) => base[name] !== undefined) ? withoutNpm(base) : base;
  const kept = Object.entries(cleaned).filter(([name]) => !REMOVED.has(name) && !REMOVED_PATTERN.test(name));
  const { NODE_OPTIONS: nodeOptions } = cleaned;
  const isColored = color && WISHES_FOR_COLOR.every((name) => (extra[name] ?? cleaned[name] ?? "") === "");
  const entries = [
    ...Object.entries(DEFAULTS),
    ...(isColored ? Object.entries(COLORS) : []),
    ...kept.filter(([name, value]) => value !== undefined && name !== "NODE_OPTIONS"),
    ["NODE_OPTIONS", nodeOptions === undefined ? undefined : buildNodeOptions(nodeOptions)] as const,
    ...Object.entries(extra),
  ];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Removes everything that npm has added. The origin of `npm_config_...` is unknown; a person can use capitals. */
function withoutNpm(base: Environment): Environment {
  const directories = base["PATH"]?.split(delimiter).filter((directory) => !DIRECTORY_OF_NPM.test(directory));
  const others = Object.entries(base).filter(([name]) => !name.startsWith("npm_"));
  return { ...Object.fromEntries(others), PATH: directories?.join(delimiter) };
}

/** The variables that builds do not get, and that a build script may read. */
const MISSED = ["NODE_ENV", "PORT", "HOST", "NO_COLOR", "NODE_DISABLE_COLORS"];

/** Defaults that say nothing to a person who reads a log: the first of {@link COLORS} stands for all. */
const UNREMARKABLE: ReadonlySet<string> = new Set([
  "COREPACK_ENABLE_DOWNLOAD_PROMPT",
  "COREPACK_ENV_FILE",
  "CLICOLOR_FORCE",
  "npm_config_color",
]);

/** The longest list of names in a line of the log. */
const MAX_NAMES = 20;

/**
 * Says how the environment of a build differs from the one of this process, in one short sentence: what a person has
 * set for builds, the defaults, and the missing variables that a build script may read. The sentence names neither the
 * variables of npm nor those that concern this process alone. Only the values of defaults are shown: others can be
 * secrets.
 *
 * @returns `undefined` when nothing of that differs.
 */
export function environmentDifference(env: Environment, base: Environment = process.env): string | undefined {
  const known: Environment = { ...DEFAULTS, ...COLORS };
  const usual = buildEnvironment(base);
  const isSet = (name: string): boolean => {
    const isDefault = env[name] === known[name];
    return env[name] !== base[name] && (isDefault ? !UNREMARKABLE.has(name) : env[name] !== usual[name]);
  };
  const shown = Object.keys(env).filter(isSet).map((name) => {
    return env[name] === known[name] ? `${name}=${env[name] ?? ""}` : name;
  });
  const removed = MISSED.filter((name) => base[name] !== undefined && env[name] === undefined);
  const { NODE_OPTIONS: options } = env;
  if ((options ?? "") !== (base["NODE_OPTIONS"] ?? "") && options === usual["NODE_OPTIONS"]) {
    removed.push(options === undefined ? "NODE_OPTIONS" : "parts of NODE_OPTIONS");
  }
  const parts = [
    ...(shown.length > 0 ? [`sets ${list(shown)}`] : []),
    ...(removed.length > 0 ? [`leaves out ${list(removed)}`] : []),
  ];
  return parts.length === 0 ? undefined : `the environment of the build ${parts.join(" and ")}`;
}

function list(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
