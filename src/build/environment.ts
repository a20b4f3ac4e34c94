import type { Environment } from "./find-program.ts";

/**
 * What must not reach a build: `NODE_ENV=production` would leave out its dev dependencies; the others belong to this
 * process, to the npm that started it (lower-case `npm_...`; a person's own settings are `NPM_CONFIG_...`), or to its
 * secrets. `NO_COLOR` contradicts `FORCE_COLOR`, and Node.js prints a warning when it sees both.
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
]);
const REMOVED_PREFIX = /^(?:npm_|TAILCAST_)/;

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
  const kept = Object.entries(base).filter(([name]) => !REMOVED.has(name) && !REMOVED_PREFIX.test(name));
  const entries = [...kept, ...Object.entries(ADDED), ...Object.entries(extra)];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
