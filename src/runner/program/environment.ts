import { delimiter } from "node:path";
import type { Environment } from "./find-program.ts";

/**
 * What must not reach a build: `NODE_ENV=production` would leave out its dev dependencies; the others belong to this
 * process, like `PORT` and `HOST`, which are options of this server, or to its secrets. `NO_COLOR` contradicts
 * `FORCE_COLOR`, and Node.js prints a warning when it sees both.
 */
const REMOVED: ReadonlySet<string> = new Set([
  "NODE_ENV",
  "NODE_OPTIONS",
  "NODE_V8_COVERAGE",
  "NODE_CHANNEL_FD",
  "NODE_UNIQUE_ID",
  "NODE_TEST_CONTEXT",
  "NODE_DISABLE_COLORS",
  "NO_COLOR",
  "INIT_CWD",
  "PORT",
  "HOST",
]);

/** Secrets, and what npm tells the script that it runs. A person's own settings are `npm_config_...`. */
const REMOVED_PATTERN = /^(?:TAILCAST_|npm_(?:lifecycle_|package_|(?:command|execpath|node_execpath)$))/;

/** Each of these says that npm, or a manager that acts like it, has started this process. */
const SIGNS_OF_NPM = ["npm_lifecycle_event", "npm_execpath", "npm_config_user_agent"];

/** What npm puts in front of `PATH`: the commands that this server's own package, not the project, depends on. */
const DIRECTORY_OF_NPM = /(?:^|\/)node_modules\/\.bin\/?$|node-gyp-bin/;

/**
 * What every build gets. `CI`: no prompts, no progress bars. The next three: colours although the output is no
 * terminal. The last two: corepack neither asks before it downloads nor reads its own settings from a file in the
 * project.
 */
const ADDED: Readonly<Record<string, string>> = {
  CI: "true",
  FORCE_COLOR: "1",
  CLICOLOR_FORCE: "1",
  npm_config_color: "always",
  COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  COREPACK_ENV_FILE: "0",
};

/**
 * The environment in which the steps of a build run: this process's, cleaned, with what makes tools behave in a log.
 *
 * @param base Where to start. Default `process.env`.
 * @param extra Added at last; wins over everything.
 */
export function buildEnvironment(base: Environment = process.env, extra: Environment = {}): Record<string, string> {
  const cleaned = SIGNS_OF_NPM.some((name) => base[name] !== undefined) ? withoutNpm(base) : base;
  const kept = Object.entries(cleaned).filter(([name]) => !REMOVED.has(name) && !REMOVED_PATTERN.test(name));
  const entries = [...kept, ...Object.entries(ADDED), ...Object.entries(extra)];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Takes out all that npm has added. Of `npm_config_...` nobody can tell whose it was; a person can use capitals. */
function withoutNpm(base: Environment): Environment {
  const directories = base["PATH"]?.split(delimiter).filter((directory) => !DIRECTORY_OF_NPM.test(directory));
  const others = Object.entries(base).filter(([name]) => !name.startsWith("npm_"));
  return { ...Object.fromEntries(others), PATH: directories?.join(delimiter) };
}
