import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/**
 * The library reads its version. Without the last option, Deno prints a notice once, because the channel listens to the
 * signals of requests.
 */
const DENO_OPTIONS = ["--allow-net", "--allow-env", "--allow-read", "--no-lock", "--unstable-no-legacy-abort"];

/** The commands of other runtimes than Node, to which the path of a program is added. They run without a wrapper. */
export const RUNTIMES = {
  bun: () => [fileURLToPath(new URL("../node_modules/bun/bin/bun.exe", import.meta.url))],
  // The package has the program as a file only after its first use, or after an install script.
  deno: () => [require("deno/install_api.cjs").runInstall(), "run", ...DENO_OPTIONS],
};
